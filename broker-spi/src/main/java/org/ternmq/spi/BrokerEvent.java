package org.ternmq.spi;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Optional;

/**
 * Something that has happened in the broker. Immutable; made by the broker and told as {@link BrokerListener#onEvent} says. New
 * kinds may come in a minor version: ignore those you do not know.
 */
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

    /**
     * An authorizer did not allow what an accepted client wanted. Told for each refusal, of which a client can cause as many
     * as it likes.
     *
     * @param at when
     * @param clientId whose
     * @param action {@code publish} or {@code subscribe}
     * @param topic the topic, or the filter with {@code $share/…} where it is shared
     */
    record AccessDenied(Instant at, String clientId, String action, String topic) implements BrokerEvent {}

    /**
     * Somebody did something, or tried to, by way of the admin interface.
     *
     * @param at when
     * @param principal the name of the token, or whatever else tells who it was
     * @param role what the principal may do, such as {@code operator}
     * @param remoteAddress where from, if it is known
     * @param action such as {@code disconnect-client}
     * @param target what it was done to: a client id, a topic, a filter
     * @param outcome in words; {@code done} where all went well
     */
    record AdminAction(
            Instant at,
            String principal,
            String role,
            Optional<InetSocketAddress> remoteAddress,
            String action,
            String target,
            String outcome)
            implements BrokerEvent {}

    /**
     * The disk of the data folder became nearly full, so that messages that would be stored are refused; or it has room again.
     *
     * @param at when
     * @param low whether they are refused from now on
     * @param freeBytes how much is free
     */
    record DiskSpaceChanged(Instant at, boolean low, long freeBytes) implements BrokerEvent {}

    /**
     * The other side of a bridge came or went.
     *
     * @param at when
     * @param bridge the bridge's name
     * @param state what it is now
     * @param detail where to, or why not, in words
     */
    record BridgeStateChanged(Instant at, String bridge, Bridge.State state, String detail) implements BrokerEvent {}

    /**
     * This listener was too slow and its queue was full: some events are not going to be told. They happened after the event
     * told before this one, and not necessarily before the one told next. Told at most once a second.
     *
     * @param at when it was told
     * @param count how many since this was told last
     */
    record EventsLost(Instant at, long count) implements BrokerEvent {}
}
