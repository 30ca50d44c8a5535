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
 * @param use the authenticators, in the order they are asked
 * @param place where it is written
 */
public record AuthenticationConfig(
        Optional<Boolean> allowAnonymous,
        @Default("5s") @Rules.Range(min = 1, max = 600_000) Duration timeout,
        List<PluginBlock> use,
        Place place) {}
