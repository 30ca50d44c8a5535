package org.ternmq.broker.security;

import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;
import org.ternmq.spi.ClientInfo;

/**
 * {@link ClientInfo} as the broker has it.
 *
 * @param proof who let it in; empty if no authenticator was asked
 */
record AuthenticatedClient(
        String clientId,
        Optional<String> username,
        Map<String, String> attributes,
        InetSocketAddress remoteAddress,
        String listener,
        Optional<X509Certificate> peerCertificate,
        int protocolVersion,
        Optional<Proof> proof)
        implements ClientInfo {}
