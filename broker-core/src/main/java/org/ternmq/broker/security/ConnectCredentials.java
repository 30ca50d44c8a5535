package org.ternmq.broker.security;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.spi.Credentials;

/** What one CONNECT showed. Its text form never has the password. */
public final class ConnectCredentials implements Credentials {
    private final String clientId;
    private final @Nullable String username;
    private final byte @Nullable [] password;
    private final InetSocketAddress remoteAddress;
    private final String listener;
    private final @Nullable X509Certificate peerCertificate;
    private final boolean proven;
    private final MqttVersion version;
    private volatile boolean abandoned;

    /**
     * Takes over the password's bytes.
     *
     * @param certifiedUser the user name that the certificate proves, in place of the one of CONNECT; null if it proves none
     */
    public ConnectCredentials(
            String clientId,
            @Nullable String username,
            byte @Nullable [] password,
            InetSocketAddress remoteAddress,
            String listener,
            @Nullable X509Certificate peerCertificate,
            @Nullable String certifiedUser,
            MqttVersion version) {
        this.clientId = clientId;
        this.username = certifiedUser == null ? username : certifiedUser;
        this.password = password;
        this.remoteAddress = remoteAddress;
        this.listener = listener;
        this.peerCertificate = peerCertificate;
        this.proven = certifiedUser != null;
        this.version = version;
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
        return Optional.ofNullable(peerCertificate);
    }

    @Override
    public int protocolVersion() {
        return version.level();
    }

    /** Whether the user name is proven by the certificate, so that no authenticator has to be asked. */
    public boolean isProven() {
        return proven;
    }

    /** Notes that nobody waits for a verdict any more. Any thread. */
    public void abandon() {
        abandoned = true;
    }

    boolean isAbandoned() {
        return abandoned;
    }

    /** Overwrites the password. */
    void wipe() {
        if (password != null) {
            Arrays.fill(password, (byte) 0);
        }
    }

    @Override
    public String toString() {
        return "credentials of '" + clientId + "' at " + remoteAddress;
    }
}
