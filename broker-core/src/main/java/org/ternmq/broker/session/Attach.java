package org.ternmq.broker.session;

import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.WillMessage;
import org.ternmq.broker.security.Client;
import org.ternmq.broker.shard.Shard;

/**
 * An authenticated connection that claims its session.
 *
 * @param client who it is
 * @param shard the loop of the connection
 * @param link the connection
 * @param cleanStart whether to begin anew
 * @param expiryInterval seconds the session is to outlive the connection, already limited; {@code 0xFFFFFFFF} for ever
 * @param will what to publish if the connection breaks, or null
 */
public record Attach(
        Client client,
        Shard shard,
        ClientLink link,
        boolean cleanStart,
        long expiryInterval,
        @Nullable WillMessage will) {
    String clientId() {
        return client.info().clientId();
    }
}
