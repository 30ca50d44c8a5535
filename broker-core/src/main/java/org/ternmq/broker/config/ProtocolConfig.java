package org.ternmq.broker.config;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Default;

/**
 * Where MQTT leaves the choice to the server.
 *
 * @param controlCharacters what happens to control characters in strings (MQTT 5.0, 1.5.4)
 * @param payloadFormatCheck whether a payload that says it is UTF-8 is checked (MQTT-3.3.2-4)
 * @param maximumQos the highest QoS that a client may publish with and is granted
 * @param retainAvailable whether messages may be retained
 * @param wildcardSubscriptionAvailable whether filters may have wildcards
 * @param subscriptionIdentifiersAvailable whether subscriptions may have identifiers
 * @param sharedSubscriptionAvailable whether subscriptions may be shared
 * @param sharedStrategy who of a shared subscription gets the next message
 * @param reasonStrings whether 5.0 clients are told in words why something was refused; never a password's or a plugin's
 *     details
 * @param responseInformation what a client gets that asks for Response Information, {@code %c} standing for its client
 *     identifier
 * @param serverReference where 5.0 clients are sent (0x9C Use another server) when there is no place for them and when the
 *     broker stops: {@code host[:port]}, several with spaces between them
 */
public record ProtocolConfig(
        @Default("refuse") ControlCharacters controlCharacters,
        @Default("false") boolean payloadFormatCheck,
        @Default("2") @Rules.Range(max = 2) int maximumQos,
        @Default("true") boolean retainAvailable,
        @Default("true") boolean wildcardSubscriptionAvailable,
        @Default("true") boolean subscriptionIdentifiersAvailable,
        @Default("true") boolean sharedSubscriptionAvailable,
        @Default("round-robin") SharedStrategy sharedStrategy,
        @Default("true") boolean reasonStrings,
        Optional<String> responseInformation,
        Optional<String> serverReference) {
    /** What happens to U+0001 to U+001F and U+007F to U+009F in strings; U+0000 is never allowed. */
    public enum ControlCharacters {
        /** The packet is malformed. */
        REFUSE,
        /** They pass. */
        ACCEPT
    }

    /** Who of a shared subscription gets the next message. */
    public enum SharedStrategy {
        /** One after the other. */
        ROUND_ROBIN,
        /** Any. */
        RANDOM,
        /** Messages of one publisher go to the same subscriber for as long as it is there. */
        STICKY,
        /** The one with the fewest messages on their way. */
        LEAST_IN_FLIGHT
    }

    /** The choices of an empty configuration. */
    public static ProtocolConfig defaults() {
        Problems problems = new Problems();
        Place empty = new Place(new ConfigNode.Mapping(Origin.of("default"), Map.of()), "protocol");
        @Nullable
        ProtocolConfig protocol = new RecordBinder(Path.of(""), problems).bind(empty, ProtocolConfig.class, Set.of());
        if (protocol == null) {
            throw new IllegalStateException(String.join("\n", problems.lines()));
        }
        return protocol;
    }
}
