package org.ternmq.broker.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;

/**
 * What one client may ask of the broker. 0 is no limit where nothing else is said.
 *
 * @param maxPacketSize the largest packet taken from a client, whole, and announced as Maximum Packet Size
 * @param maxConnections connections at once, of all listeners
 * @param maxKeepAlive the longest keep-alive of MQTT 5.0 clients, which are told (Server Keep Alive); older ones keep
 *     their own
 * @param sessionExpiryMax how long a session outlives its connection at most; MQTT 3 sessions without clean session live
 *     so long
 * @param queueMessages messages that wait for one session; not 0
 * @param queueBytes bytes that wait for one session; not 0
 * @param overflow what happens to a message that finds its queue full
 * @param overflowOldClients what a publisher of MQTT 3 gets whose message is rejected
 * @param totalQueueMessages messages that wait for all sessions together
 * @param totalQueueBytes bytes that wait for all sessions together
 * @param queueMemory bytes of the heap for messages that wait; 0 for a quarter of it
 * @param receiveMaximum QoS 1 and 2 publishes that a client of MQTT 5.0 may have open, announced as Receive Maximum; not 0
 * @param inFlight QoS 1 and 2 messages on the way to one client, if it does not ask for fewer; not 0
 * @param topicAliasMax topic aliases that a client may use, and that the broker uses towards one; 0 for none
 * @param topicLevels levels of a topic name or filter; not 0
 * @param filtersPerSubscribe filters in one SUBSCRIBE or UNSUBSCRIBE; not 0
 * @param userProperties User Properties in one packet; 0 for none at all
 * @param connectTimeout for the CONNECT packet, from the opening of the connection
 * @param retainedMessages retained messages in all
 * @param retainedBytes bytes of memory that they take in all, roughly
 * @param messageExpiryMax how long a message waits at most; messages without expiry get it
 * @param clientIdMaxLength bytes of a client id; at least 23 (MQTT-3.1.3-5)
 */
public record Limits(
        @Default("1MiB") @Rules.Range(min = 64, max = 268_435_460)
        DataSize maxPacketSize,

        @Default("0") @Rules.Range(max = Integer.MAX_VALUE) int maxConnections,
        @Default("0s") @Rules.Range(max = 65_535_000) Duration maxKeepAlive,

        @Default("30d") @Rules.Range(max = 4_294_967_294_000L)
        Duration sessionExpiryMax,

        @Default("1000") @Rules.Range(min = 1) int queueMessages,
        @Default("16MiB") @Rules.Range(min = 1) DataSize queueBytes,
        @Default("drop-newest") Overflow overflow,
        @Default("close") OldClients overflowOldClients,
        @Default("0") @Rules.Range(max = Long.MAX_VALUE) long totalQueueMessages,
        @Default("0") @Rules.Range DataSize totalQueueBytes,
        @Default("0") @Rules.Range DataSize queueMemory,
        @Default("1024") @Rules.Range(min = 1, max = 65_535) int receiveMaximum,
        @Default("256") @Rules.Range(min = 1, max = 65_535) int inFlight,
        @Default("32") @Rules.Range(max = 65_535) int topicAliasMax,
        @Default("128") @Rules.Range(min = 1, max = 65_535) int topicLevels,
        @Default("1000") @Rules.Range(min = 1) int filtersPerSubscribe,
        @Default("100") @Rules.Range int userProperties,

        @Default("10s") @Rules.Range(min = 1, max = 3_600_000)
        Duration connectTimeout,

        @Default("0") @Rules.Range int retainedMessages,
        @Default("0") @Rules.Range DataSize retainedBytes,

        @Default("0s") @Rules.Range(max = 4_294_967_294_000L)
        Duration messageExpiryMax,

        @Default("1024") @Rules.Range(min = 23, max = 65_535)
        int clientIdMaxLength) {
    /** What happens to a message that finds its queue full. */
    public enum Overflow {
        /** It is dropped. */
        DROP_NEWEST,
        /** The oldest one that waits is dropped for it. */
        DROP_OLDEST,
        /** It is dropped, and its publisher is told: 0x97 Quota exceeded where there is a PUBACK or PUBREC. */
        REJECT
    }

    /** What a publisher of MQTT 3 gets whose message is rejected: no code of that version can say it. */
    public enum OldClients {
        /** Its connection is closed. */
        CLOSE,
        /** Nothing: the acknowledgement stays out, and the client may send the message again. */
        WITHHOLD
    }

    /** The limits of an empty configuration. */
    public static Limits defaults() {
        Problems problems = new Problems();
        Place empty = new Place(new ConfigNode.Mapping(Origin.of("default"), Map.of()), "limits");
        @Nullable Limits limits = new RecordBinder(Path.of(""), problems).bind(empty, Limits.class, Set.of());
        if (limits == null) {
            throw new IllegalStateException(String.join("\n", problems.lines()));
        }
        return limits;
    }
}
