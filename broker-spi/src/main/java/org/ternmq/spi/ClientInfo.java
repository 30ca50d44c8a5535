package org.ternmq.spi;

import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;

/** A client as the broker knows it once it is authenticated. Immutable. Implemented by the broker; may gain methods. */
public interface ClientInfo {
    /**
     * The client identifier, the assigned one if the client sent none.
     *
     * @return not empty; hostile: it may hold any character that MQTT allows, {@code + # /} among them
     */
    String clientId();

    /**
     * The user name that was authenticated.
     *
     * @return empty for an anonymous client
     */
    Optional<String> username();

    /**
     * What the authenticator that accepted the client said about it, such as groups of a directory.
     *
     * @return names and values, possibly empty
     */
    Map<String, String> attributes();

    /**
     * Where the client is, behind a PROXY header where one is trusted.
     *
     * @return the remote address; for a Unix domain socket an unresolved one
     */
    InetSocketAddress remoteAddress();

    /**
     * The listener it came in by.
     *
     * @return the name in the configuration
     */
    String listener();

    /**
     * The certificate the client proved to own.
     *
     * @return empty without TLS or without a client certificate
     */
    Optional<X509Certificate> peerCertificate();

    /**
     * The protocol it speaks.
     *
     * @return {@code 3} for MQTT 3.1, {@code 4} for 3.1.1, {@code 5} for 5.0
     */
    int protocolVersion();
}
