package org.ternmq.broker.observe;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.Packet;
import org.ternmq.broker.protocol.Packet.Auth;
import org.ternmq.broker.protocol.Packet.Connect;
import org.ternmq.broker.protocol.Packet.Disconnect;
import org.ternmq.broker.protocol.Packet.PingReq;
import org.ternmq.broker.protocol.Packet.PubAck;
import org.ternmq.broker.protocol.Packet.PubComp;
import org.ternmq.broker.protocol.Packet.PubRec;
import org.ternmq.broker.protocol.Packet.PubRel;
import org.ternmq.broker.protocol.Packet.Publish;
import org.ternmq.broker.protocol.Packet.Subscribe;
import org.ternmq.broker.protocol.Packet.Unsubscribe;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.protocol.TopicName;

/**
 * What a line of a trace says. Payloads are in it only if they were asked for, passwords and the data of AUTH never. Made by one thread and
 * read by another later, which also works out what takes its time.
 */
public final class TraceDetails {
    /** Beyond so many bytes a payload is cut off. */
    private static final int MOST_PAYLOAD = 4_096;

    private final boolean payload;
    private final Map<String, String> all = new LinkedHashMap<>();
    private String lateName = "";
    private @Nullable Supplier<String> late;

    TraceDetails(boolean payload) {
        this.payload = payload;
    }

    /** Adds a value. */
    public TraceDetails put(String name, Object value) {
        all.put(name, String.valueOf(value));
        return this;
    }

    /** Adds a value that is worked out by whoever reads the trace; one only. */
    public TraceDetails later(String name, Supplier<String> value) {
        lateName = name;
        late = value;
        return this;
    }

    /** Adds a reason code. */
    public TraceDetails reason(ReasonCode code) {
        return put("reason", String.format(Locale.ROOT, "0x%02X %s", code.value(), code));
    }

    /** Adds what can be said of a message. */
    public TraceDetails message(ApplicationMessage message) {
        put("topic", message.topic()).put("qos", message.qos().value());
        if (message.publisher() != null) {
            put("publisher", message.publisher());
        }
        return payload(message.payload());
    }

    private TraceDetails payload(byte[] bytes) {
        put("bytes", bytes.length);
        if (payload) {
            byte[] shown = bytes.length > MOST_PAYLOAD ? Arrays.copyOf(bytes, MOST_PAYLOAD) : bytes;
            try {
                put("payload", StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(shown)));
            } catch (CharacterCodingException e) {
                put("payloadBase64", Base64.getEncoder().encodeToString(shown));
            }
        }
        return this;
    }

    /**
     * Adds what a packet from a client says.
     *
     * @param topic of a PUBLISH, its alias resolved as far as it could be
     */
    public TraceDetails packet(Packet packet, @Nullable TopicName topic) {
        if (packet instanceof Publish publish) {
            put("packet", "PUBLISH").put("topic", topic == null ? "" : topic);
            put("qos", publish.qos().value()).put("retain", publish.retain());
            if (publish.packetId() != 0) {
                put("packetId", publish.packetId()).put("dup", publish.dup());
            }
            if (publish.topicAlias() > 0) {
                put("topicAlias", publish.topicAlias());
            }
            return payload(publish.payload());
        } else if (packet instanceof Connect connect) {
            return connect(connect);
        } else if (packet instanceof Subscribe subscribe) {
            return put("packet", "SUBSCRIBE")
                    .put("packetId", subscribe.packetId())
                    .put(
                            "filters",
                            subscribe.requests().stream()
                                    .map(r -> r.topicFilter() + " at QoS "
                                            + r.maximumQos().value())
                                    .collect(Collectors.joining(", ")));
        } else if (packet instanceof Unsubscribe unsubscribe) {
            return put("packet", "UNSUBSCRIBE")
                    .put("packetId", unsubscribe.packetId())
                    .put("filters", String.join(", ", unsubscribe.topicFilters()));
        } else if (packet instanceof PubAck ack) {
            return acknowledgement("PUBACK", ack.packetId(), ack.reasonCode());
        } else if (packet instanceof PubRec rec) {
            return acknowledgement("PUBREC", rec.packetId(), rec.reasonCode());
        } else if (packet instanceof PubRel rel) {
            return acknowledgement("PUBREL", rel.packetId(), rel.reasonCode());
        } else if (packet instanceof PubComp comp) {
            return acknowledgement("PUBCOMP", comp.packetId(), comp.reasonCode());
        } else if (packet instanceof Disconnect disconnect) {
            return put("packet", "DISCONNECT").reason(disconnect.reasonCode());
        } else if (packet instanceof Auth auth) {
            return put("packet", "AUTH").put("method", auth.method()).reason(auth.reasonCode());
        }
        return put(
                "packet",
                packet instanceof PingReq ? "PINGREQ" : packet.getClass().getSimpleName());
    }

    private TraceDetails connect(Connect connect) {
        put("packet", "CONNECT").put("version", connect.version()).put("cleanStart", connect.cleanStart());
        put("keepAlive", connect.keepAlive()).put("sessionExpiry", connect.sessionExpiryInterval());
        if (connect.username() != null) {
            put("user", connect.username()).put("password", connect.password() == null ? "none" : "not shown");
        }
        if (connect.will() != null) {
            put("willTopic", connect.will().topic());
        }
        return this;
    }

    /** Adds an acknowledgement. */
    public TraceDetails acknowledgement(String packet, int packetId, ReasonCode code) {
        return put("packet", packet).put("packetId", packetId).reason(code);
    }

    /** Adds an acknowledgement with several codes. */
    public TraceDetails acknowledgement(String packet, int packetId, List<ReasonCode> codes) {
        return put("packet", packet)
                .put("packetId", packetId)
                .put(
                        "reasons",
                        codes.stream()
                                .map(code -> String.format(Locale.ROOT, "0x%02X", code.value()))
                                .collect(Collectors.joining(" ")));
    }

    /** All of them, with what is worked out now. For the thread that reads. */
    Map<String, String> all() {
        Supplier<String> supplier = late;
        if (supplier != null) {
            late = null;
            String value;
            try {
                value = supplier.get();
            } catch (RuntimeException | LinkageError e) {
                value = "not known: " + e;
            }
            all.put(lateName, value);
        }
        return all;
    }
}
