package org.ternmq.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Credentials;

/**
 * Credentials for tests: immutable, each {@code with} makes new ones. To begin with, a client without user name and password
 * that came by MQTT 5.0 from this machine.
 */
public final class TestCredentials implements Credentials {
    private final String clientId;
    private final @Nullable String username;
    private final byte @Nullable [] password;
    private final InetSocketAddress remoteAddress;
    private final String listener;
    private final @Nullable X509Certificate certificate;
    private final int protocolVersion;

    /** A client that shows nothing. */
    public TestCredentials() {
        this("client", null, null, new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000), "mqtt", null, 5);
    }

    private TestCredentials(
            String clientId,
            @Nullable String username,
            byte @Nullable [] password,
            InetSocketAddress remoteAddress,
            String listener,
            @Nullable X509Certificate certificate,
            int protocolVersion) {
        this.clientId = clientId;
        this.username = username;
        this.password = password;
        this.remoteAddress = remoteAddress;
        this.listener = listener;
        this.certificate = certificate;
        this.protocolVersion = protocolVersion;
    }

    /**
     * A user with a password.
     *
     * @param username the user name
     * @param password the password, sent as UTF-8
     * @return the credentials
     */
    public static TestCredentials of(String username, String password) {
        return new TestCredentials().withUsername(username).withPassword(password);
    }

    /**
     * Changes the client identifier.
     *
     * @param id the client identifier
     * @return new credentials
     */
    public TestCredentials withClientId(String id) {
        return new TestCredentials(id, username, password, remoteAddress, listener, certificate, protocolVersion);
    }

    /**
     * Changes the user name.
     *
     * @param name the user name, may be empty
     * @return new credentials
     */
    public TestCredentials withUsername(String name) {
        return new TestCredentials(clientId, name, password, remoteAddress, listener, certificate, protocolVersion);
    }

    /**
     * Takes the user name away.
     *
     * @return new credentials
     */
    public TestCredentials withoutUsername() {
        return new TestCredentials(clientId, null, password, remoteAddress, listener, certificate, protocolVersion);
    }

    /**
     * Changes the password.
     *
     * @param text sent as UTF-8, may be empty
     * @return new credentials
     */
    public TestCredentials withPassword(String text) {
        return withPassword(text.getBytes(UTF_8));
    }

    /**
     * Changes the password.
     *
     * @param bytes any bytes
     * @return new credentials
     */
    public TestCredentials withPassword(byte[] bytes) {
        return new TestCredentials(
                clientId, username, bytes.clone(), remoteAddress, listener, certificate, protocolVersion);
    }

    /**
     * Takes the password away.
     *
     * @return new credentials
     */
    public TestCredentials withoutPassword() {
        return new TestCredentials(clientId, username, null, remoteAddress, listener, certificate, protocolVersion);
    }

    /**
     * Changes where the client is.
     *
     * @param address the remote address
     * @return new credentials
     */
    public TestCredentials withRemoteAddress(InetSocketAddress address) {
        return new TestCredentials(clientId, username, password, address, listener, certificate, protocolVersion);
    }

    /**
     * Changes the listener.
     *
     * @param name the listener's name
     * @return new credentials
     */
    public TestCredentials withListener(String name) {
        return new TestCredentials(clientId, username, password, remoteAddress, name, certificate, protocolVersion);
    }

    /**
     * Adds a certificate.
     *
     * @param shown the client's certificate
     * @return new credentials
     */
    public TestCredentials withPeerCertificate(X509Certificate shown) {
        return new TestCredentials(clientId, username, password, remoteAddress, listener, shown, protocolVersion);
    }

    /**
     * Changes the protocol.
     *
     * @param version 3, 4 or 5
     * @return new credentials
     */
    public TestCredentials withProtocolVersion(int version) {
        return new TestCredentials(clientId, username, password, remoteAddress, listener, certificate, version);
    }

    @Override
    public String clientId() {
        return clientId;
    }

    @Override
    public Optional<String> username() {
        return Optional.ofNullable(username);
    }

    @Override
    public Optional<ByteBuffer> password() {
        return password == null
                ? Optional.empty()
                : Optional.of(ByteBuffer.wrap(password).asReadOnlyBuffer());
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return remoteAddress;
    }

    @Override
    public String listener() {
        return listener;
    }

    @Override
    public Optional<X509Certificate> peerCertificate() {
        return Optional.ofNullable(certificate);
    }

    @Override
    public int protocolVersion() {
        return protocolVersion;
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "credentials of " + clientId + (username == null ? "" : " as " + username);
    }
}
