package org.ternmq.broker.bridge;

import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.session.ReservedIds;
import org.ternmq.spi.ClientInfo;

/** A bridge as authorizers and events see it. */
record BridgeClient(String name, Optional<String> username) implements ClientInfo {
    @Override
    public String clientId() {
        return ReservedIds.ofBridge(name);
    }

    @Override
    public Map<String, String> attributes() {
        return Map.of();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return InetSocketAddress.createUnresolved("bridge", 0);
    }

    @Override
    public String listener() {
        return "bridges";
    }

    @Override
    public Optional<X509Certificate> peerCertificate() {
        return Optional.empty();
    }

    @Override
    public int protocolVersion() {
        return MqttVersion.V5_0.level();
    }
}
