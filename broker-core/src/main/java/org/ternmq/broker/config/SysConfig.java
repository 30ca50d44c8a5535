package org.ternmq.broker.config;

import java.time.Duration;
import org.ternmq.spi.Default;

/**
 * The broker's figures under {@code $SYS}.
 *
 * @param interval how often they are published; 0 for never
 */
public record SysConfig(
        @Default("10s") @Rules.Range(max = 86_400_000) Duration interval) {}
