package org.ternmq.spi;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * What a client shows in its CONNECT. Immutable. Implemented by the broker; may gain methods.
 *
 * <p>Never log a password. Its bytes are wiped after the authenticator chain has answered.
 */
public interface Credentials {
    /**
     * The client identifier, the assigned one if the client sent none.
     *
     * @return not empty, otherwise any characters that MQTT allows
     */
    String clientId();

    /**
     * The user name.
     *
     * @return empty if the client sent none; a name of length 0 is present and empty
     */
    Optional<String> username();

    /**
     * The password: any bytes, of any length from 0 to 65535 (MQTT-3.1.2-19).
     *
     * @return a read-only buffer of the caller's own, empty if the client sent no password
     */
    Optional<ByteBuffer> password();

    /**
     * Where the client is.
     *
     * @return the remote address
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
