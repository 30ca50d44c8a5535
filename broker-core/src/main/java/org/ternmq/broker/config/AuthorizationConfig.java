package org.ternmq.broker.config;

import java.util.List;
import java.util.Optional;
import org.ternmq.spi.AccessRules.Decision;

/**
 * Who may do what. What holds when no authorizer speaks is {@link BrokerConfig#authorizationDefault()}.
 *
 * @param byDefault as it is written
 * @param use the authorizers, in the order they are asked
 * @param place where it is written
 */
public record AuthorizationConfig(
        @Rules.Key("default") Optional<ByDefault> byDefault, List<PluginBlock> use, Place place) {
    /** What can be written as the default. */
    public enum ByDefault {
        /** What nobody denies is allowed. */
        ALLOW,
        /** What nobody allows is denied. */
        DENY;

        Decision decision() {
            return switch (this) {
                case ALLOW -> Decision.ALLOW;
                case DENY -> Decision.DENY;
            };
        }
    }
}
