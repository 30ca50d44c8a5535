package org.ternmq.broker.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.ternmq.spi.Default;

/**
 * Who may come in. What holds for anonymous clients is {@link BrokerConfig#allowAnonymous()}.
 *
 * @param allowAnonymous as it is written
 * @param timeout for one answer of one plugin
 * @param clientId what a client identifier has to do with the user name of an authenticated client
 * @param use the authenticators, in the order they are asked
 * @param place where it is written
 */
public record AuthenticationConfig(
        Optional<Boolean> allowAnonymous,
        @Default("5s") @Rules.Range(min = 1, max = 600_000) Duration timeout,
        @Default("any") ClientId clientId,
        List<PluginBlock> use,
        Place place) {
    /** What a client identifier has to do with the user name. */
    public enum ClientId {
        /** Nothing. */
        ANY,
        /** It is the user name. */
        EQUALS_USER,
        /** It begins with the user name. */
        STARTS_WITH_USER
    }
}
