package org.ternmq.spi;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Optional;

/** Something that has happened in the broker. New kinds may come in a minor version: ignore those you do not know. */
public interface BrokerEvent {
    /**
     * When it happened.
     *
     * @return by the broker's clock
     */
    Instant at();

    /**
     * A client was accepted (CONNACK 0x00 was sent).
     *
     * @param at when
     * @param client who
     * @param sessionPresent whether it resumed a session
     */
    record ClientConnected(Instant at, ClientInfo client, boolean sessionPresent) implements BrokerEvent {}

    /**
     * The connection of an accepted client ended.
     *
     * @param at when
     * @param client who
     * @param reasonCode the MQTT 5.0 reason code that describes the end, 0 for an orderly DISCONNECT
     * @param detail in words
     */
    record ClientDisconnected(Instant at, ClientInfo client, int reasonCode, String detail) implements BrokerEvent {}

    /**
     * A connection was refused before it was accepted.
     *
     * @param at when
     * @param clientId as far as known
     * @param username as far as known
     * @param remoteAddress where from
     * @param listener the listener's name
     * @param reasonCode the MQTT 5.0 reason code
     * @param detail in words, for the operator
     */
    record ClientRefused(
            Instant at,
            Optional<String> clientId,
            Optional<String> username,
            InetSocketAddress remoteAddress,
            String listener,
            int reasonCode,
            String detail)
            implements BrokerEvent {}

    /**
     * A subscription was made or replaced.
     *
     * @param at when
     * @param clientId whose
     * @param filter the filter, with {@code $share/…} where it is shared
     * @param granted the granted QoS
     */
    record Subscribed(Instant at, String clientId, String filter, QoS granted) implements BrokerEvent {}

    /**
     * A subscription was removed.
     *
     * @param at when
     * @param clientId whose
     * @param filter the filter
     */
    record Unsubscribed(Instant at, String clientId, String filter) implements BrokerEvent {}

    /**
     * A session ended and its state is gone.
     *
     * @param at when
     * @param clientId whose
     */
    record SessionEnded(Instant at, String clientId) implements BrokerEvent {}
}
