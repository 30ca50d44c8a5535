package org.ternmq.testkit;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.ternmq.spi.ClientInfo;

/**
 * A client for tests: immutable, each {@code with} makes a new one. To begin with, one that came by MQTT 5.0 from this machine.
 */
public final class TestClientInfo implements ClientInfo {
    private final String clientId;
    private final Optional<String> username;
    private final Map<String, String> attributes;

    private TestClientInfo(String clientId, Optional<String> username, Map<String, String> attributes) {
        this.clientId = clientId;
        this.username = username;
        this.attributes = attributes;
    }

    /**
     * A client of a user.
     *
     * @param clientId its client identifier
     * @param username the user name that it proved
     * @return the client
     */
    public static TestClientInfo of(String clientId, String username) {
        return new TestClientInfo(clientId, Optional.of(username), Map.of());
    }

    /**
     * A client without user name.
     *
     * @param clientId its client identifier
     * @return the client
     */
    public static TestClientInfo anonymous(String clientId) {
        return new TestClientInfo(clientId, Optional.empty(), Map.of());
    }

    /**
     * Changes the client identifier.
     *
     * @param id the client identifier
     * @return a new client
     */
    public TestClientInfo withClientId(String id) {
        return new TestClientInfo(id, username, attributes);
    }

    /**
     * Changes the user name.
     *
     * @param name the user name
     * @return a new client
     */
    public TestClientInfo withUsername(String name) {
        return new TestClientInfo(clientId, Optional.of(name), attributes);
    }

    /**
     * Adds an attribute, as an authenticator would tell it.
     *
     * @param name its name
     * @param value its value
     * @return a new client
     */
    public TestClientInfo withAttribute(String name, String value) {
        Map<String, String> more = new TreeMap<>(attributes);
        more.put(name, value);
        return new TestClientInfo(clientId, username, Map.copyOf(more));
    }

    @Override
    public String clientId() {
        return clientId;
    }

    @Override
    public Optional<String> username() {
        return username;
    }

    @Override
    public Map<String, String> attributes() {
        return attributes;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000);
    }

    @Override
    public String listener() {
        return "mqtt";
    }

    @Override
    public Optional<X509Certificate> peerCertificate() {
        return Optional.empty();
    }

    @Override
    public int protocolVersion() {
        return 5;
    }

    @Override
    public String toString() {
        return "client " + clientId + username.map(name -> " of " + name).orElse("");
    }
}
