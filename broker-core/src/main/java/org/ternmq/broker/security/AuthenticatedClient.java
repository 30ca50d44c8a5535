package org.ternmq.broker.security;

import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.spi.ClientInfo;

/** {@link ClientInfo} as the broker has it. */
record AuthenticatedClient(
        String clientId,
        Optional<String> username,
        Map<String, String> attributes,
        InetSocketAddress remoteAddress,
        String listener,
        Optional<X509Certificate> peerCertificate,
        MqttVersion version)
        implements ClientInfo {
    @Override
    public int protocolVersion() {
        return version.level();
    }
}
