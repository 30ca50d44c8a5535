package org.ternmq.broker.config;

import java.time.Duration;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;

/**
 * What holds off clients that guess passwords, come in floods, or fight over a client identifier. 0 is no limit.
 *
 * @param failedLogins wrong passwords in a row after which an address, or a user name, is banned
 * @param ban how long the first ban lasts; each further one lasts twice as long
 * @param banMax the longest ban
 * @param banLoopback whether wrong passwords from this machine count; a proxy in front that hides its clients looks like it
 * @param connectsPerSecond CONNECTs taken from all clients; what is above is told to come later (0x9F)
 * @param connectionsPerAddress connections at once from one address; one of IPv6 counts as its /64
 * @param takeOversPerMinute how often clients may take over one client identifier from each other
 * @param unauthenticatedMemory bytes that all connections that are not let in yet may take
 */
public record GuardConfig(
        @Default("10") @Rules.Range(max = 1_000_000) int failedLogins,

        @Default("30s") @Rules.Range(min = 1, max = 86_400_000)
        Duration ban,

        @Default("1h") @Rules.Range(min = 1, max = 604_800_000)
        Duration banMax,

        @Default("false") boolean banLoopback,
        @Default("0") @Rules.Range(max = 1_000_000) int connectsPerSecond,
        @Default("0") @Rules.Range(max = Integer.MAX_VALUE) int connectionsPerAddress,
        @Default("30") @Rules.Range(max = 1_000_000) int takeOversPerMinute,
        @Default("64MiB") @Rules.Range DataSize unauthenticatedMemory) {}
