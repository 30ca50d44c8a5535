package org.ternmq.broker.connection;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.DisconnectException;
import org.ternmq.broker.protocol.Packet.Publish;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.protocol.TopicName;

/**
 * The topic aliases of one connection, both ways; they die with it (MQTT-3.3.2-7).
 *
 * <p>Owner: the connection's loop.
 */
final class TopicAliases {
    private final int inboundMaximum;
    private @Nullable TopicName @Nullable [] inbound;
    private int outboundMaximum;
    private @Nullable Map<TopicName, Integer> outbound;

    /** Aliases from 1 to a maximum that the broker announces; 0 for none. */
    TopicAliases(int inboundMaximum) {
        this.inboundMaximum = inboundMaximum;
    }

    /** The client's Topic Alias Maximum, or less (MQTT-3.1.2-26, MQTT-3.1.2-27). */
    void outboundMaximum(int maximum) {
        outboundMaximum = maximum;
    }

    /** The topic of a PUBLISH: its own, or that of its alias. Learns an alias that comes with a topic. */
    TopicName resolve(Publish packet) {
        TopicName topic = packet.topic();
        int alias = packet.topicAlias();
        if (alias == Publish.NO_ALIAS) {
            if (topic == null) {
                throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "neither topic nor alias");
            }
            return topic;
        }
        if (alias > inboundMaximum) { // MQTT-3.2.2-17, MQTT-3.2.2-18; the decoder refuses 0
            throw new DisconnectException(
                    ReasonCode.TOPIC_ALIAS_INVALID, "topic alias " + alias + ", allowed are 1 to " + inboundMaximum);
        }
        @Nullable TopicName[] table = inbound;
        if (table == null) {
            table = new @Nullable TopicName[inboundMaximum + 1];
            inbound = table;
        }
        if (topic != null) {
            table[alias] = topic;
            return topic;
        }
        TopicName known = table[alias];
        if (known == null) {
            throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "topic alias " + alias + " was never set");
        }
        return known;
    }

    /** Whether the client takes aliases. */
    boolean inUse() {
        return outboundMaximum > 0;
    }

    /** The alias of a topic that the client already knows, or 0. */
    int known(TopicName topic) {
        Integer alias = outbound == null ? null : outbound.get(topic);
        return alias == null ? 0 : alias;
    }

    /** The alias to introduce with a topic that has none, or 0 if there is no free one. */
    int next() {
        int used = outbound == null ? 0 : outbound.size();
        return used < outboundMaximum ? used + 1 : 0;
    }

    /** The topic went out with this alias: only now does the client know it. */
    void introduced(TopicName topic, int alias) {
        Map<TopicName, Integer> table = outbound;
        if (table == null) {
            table = new HashMap<>();
            outbound = table;
        }
        table.put(topic, alias);
    }
}
