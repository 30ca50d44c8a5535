package org.ternmq.broker.bench;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * What to measure.
 *
 * @param protocol MQTT's protocol level: 4 for 3.1.1, 5 for 5.0
 * @param publishers connections that publish; the number of pairs
 * @param subscribers connections that subscribe; with {@link Scenario#CONNECT} all connections
 * @param size bytes of payload
 * @param count messages in the measured part, all publishers together; 0: as many as fit into {@code seconds}
 * @param seconds length of the measured part when there is no {@code count}
 * @param warmup seconds before the measured part
 * @param rate messages published in a second, all publishers together; 0: as many as the window lets through
 * @param window messages of one publisher that are under way; connections being opened with {@link Scenario#CONNECT}
 * @param pid the broker's process, when its CPU time and memory are wanted
 * @param threads event loops of the generator
 * @param persistent whether sessions of subscribers that stay connected are such as outlive their connection
 */
public record BenchOptions(
        Scenario scenario,
        String host,
        int port,
        int protocol,
        Optional<String> username,
        Optional<String> password,
        int qos,
        int publishers,
        int subscribers,
        int size,
        long count,
        int seconds,
        int warmup,
        long rate,
        int window,
        OptionalLong pid,
        int threads,
        boolean persistent) {

    /** Checks what the command line cannot say by types alone. */
    public BenchOptions {
        require(protocol == 4 || protocol == 5, "--protocol is 4 or 5");
        require(qos >= 0 && qos <= 2, "--qos is 0, 1 or 2");
        require(port > 0 && port < 65536, "--port is between 1 and 65535");
        require(publishers > 0 && subscribers > 0, "--publishers and --subscribers are 1 or more");
        require(
                size >= PublishTemplate.MINIMUM_PAYLOAD && size <= 200_000_000,
                "--size is " + PublishTemplate.MINIMUM_PAYLOAD
                        + " or more: number of publisher, sequence number and time stamp are in it");
        require(count >= 0 && rate >= 0 && warmup >= 0, "--count, --rate and --warmup are not negative");
        require(seconds > 0 || count > 0, "--seconds or --count is more than 0");
        require(window > 0 && window <= 65535, "--window is between 1 and 65535");
        require(threads > 0, "--threads is 1 or more");
        require(
                scenario != Scenario.OFFLINE || qos > 0,
                "offline wants --qos 1 or 2: a broker need not keep QoS 0 for those who are away");
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
