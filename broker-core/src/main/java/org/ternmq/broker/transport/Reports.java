package org.ternmq.broker.transport;

import io.netty.channel.Channel;
import java.time.Clock;
import org.ternmq.broker.connection.Peer;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ReasonCode;

/**
 * Where listeners tell what happens before there is an MQTT packet.
 *
 * @param events told of connections that are refused
 * @param metrics the counters
 * @param clock tells whether a certificate is expired
 */
public record Reports(Events events, Metrics metrics, Clock clock) {
    /** A connection is closed before its first packet. */
    void refused(Channel channel, String listener, String detail) {
        events.refused(null, null, Peer.of(channel).address(), listener, ReasonCode.UNSPECIFIED_ERROR.value(), detail);
    }
}
