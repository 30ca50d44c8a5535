package org.ternmq.bridge.kafka;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;

/**
 * The settings.
 *
 * @param brokers {@code host:port} of some brokers of the Kafka cluster, separated by commas or blanks
 * @param topics what is carried; the first rule of a direction that matches is used
 * @param username whom to log in as, by SASL
 * @param password in plain; better a file
 * @param passwordFile a file with the password in its first line
 * @param sasl how the password is shown
 * @param tls encrypts; without it, nothing is
 * @param group the consumer group; made of the names of the broker and the bridge if not given
 * @param from where a group begins that has not taken anything from a partition
 * @param unwritableTopic what is done with messages for a topic that Kafka does not have, or does not let this user write to
 * @param maxInFlight records that may be on their way into this broker
 * @param maxMessageSize the largest record to take
 * @param reconnectMin the first pause after a failure; they double, and each is varied at random
 * @param reconnectMax the longest pause
 * @param connectTimeout how long an answer of Kafka may take
 * @param probe how often Kafka is asked whether it is there
 * @param properties of Kafka's client, as Kafka's documentation names them
 */
record KafkaBridgeSettings(
        String brokers,
        List<Topic> topics,
        Optional<String> username,
        Optional<String> password,
        Optional<Path> passwordFile,
        @Default("scram-sha-512") Sasl sasl,
        Optional<Tls> tls,
        Optional<String> group,
        @Default("latest") From from,
        @Default("wait") Unwritable unwritableTopic,
        @Default("1000") int maxInFlight,
        @Default("1MiB") DataSize maxMessageSize,
        @Default("500ms") Duration reconnectMin,
        @Default("30s") Duration reconnectMax,
        @Default("10s") Duration connectTimeout,
        @Default("5s") Duration probe,
        Map<String, String> properties) {

    /** How a password is shown. */
    enum Sasl {
        PLAIN,
        SCRAM_SHA_256,
        SCRAM_SHA_512;

        /** As Kafka writes it. */
        String mechanism() {
            return name().replace('_', '-');
        }
    }

    /** Where a group begins. */
    enum From {
        EARLIEST,
        LATEST
    }

    /** What is done with messages that cannot be written to a topic. */
    enum Unwritable {
        WAIT,
        DROP
    }

    /**
     * What is carried: one of {@code out} and {@code in}.
     *
     * @param out a filter of topics here
     * @param in a topic of Kafka
     * @param topic a template of the topic on the other side
     * @param key a template of the record's key, for {@code out}
     * @param qos the highest QoS to carry with, 0 or 1; what comes in is published with it
     * @param retain whether what comes in is retained
     */
    record Topic(
            Optional<String> out,
            Optional<String> in,
            String topic,
            Optional<String> key,
            @Default("1") int qos,
            @Default("false") boolean retain) {
        Topic {
            if (out.isPresent() == in.isPresent()) {
                throw new ConfigurationException("a topic has exactly one of out and in");
            }
            if (qos < 0 || qos > 1) {
                throw new ConfigurationException("qos is 0 or 1: between a topic and Kafka nothing is exactly once");
            }
            if (in.isPresent() && key.isPresent()) {
                throw new ConfigurationException("key is for out");
            }
            if (out.isPresent() && retain) {
                throw new ConfigurationException("retain is for in");
            }
        }
    }

    /**
     * TLS. Host names are always checked.
     *
     * @param ca certificates (PEM) of who may have signed those of Kafka's brokers; without it, those that Java trusts
     * @param certificate this broker's certificate with its chain (PEM), if Kafka asks for it
     * @param key its private key (PEM, PKCS#8, not encrypted)
     */
    record Tls(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key) {
        Tls {
            if (certificate.isPresent() != key.isPresent()) {
                throw new ConfigurationException("certificate and key belong together");
            }
        }
    }

    /** Refuses settings that contradict each other. */
    KafkaBridgeSettings {
        topics = List.copyOf(topics);
        properties = Map.copyOf(properties);
        List<String> problems = new ArrayList<>();
        check(!topics.isEmpty(), "topics: a bridge without topics carries nothing", problems);
        check(password.isEmpty() || passwordFile.isEmpty(), "give one of password and password-file", problems);
        check(
                username.isPresent() == (password.isPresent() || passwordFile.isPresent()),
                "username and a password belong together",
                problems);
        check(maxInFlight >= 1 && maxInFlight <= 100_000, "max-in-flight: must be 1 to 100000", problems);
        check(
                maxMessageSize.bytes() >= 1 && maxMessageSize.bytes() <= 256 << 20,
                "max-message-size: must be at least 1 and at most 256MiB",
                problems);
        checkTime("reconnect-min", reconnectMin, problems);
        checkTime("connect-timeout", connectTimeout, problems);
        checkTime("probe", probe, problems);
        check(reconnectMax.compareTo(reconnectMin) >= 0, "reconnect-max: is shorter than reconnect-min", problems);
        List<String> addresses = addresses(brokers);
        check(!addresses.isEmpty(), "brokers: names none", problems);
        for (String address : addresses) {
            check(
                    address.matches("(\\[[0-9a-fA-F:.%]+]|[^:\\[\\]/\\s]+):\\d{1,5}"),
                    "brokers: '" + address + "' is not host:port",
                    problems);
        }
        problems.addAll(ClientProperties.problems(properties));
        if (problems.isEmpty()) {
            TopicRules.of(topics);
        } else {
            throw new ConfigurationException(problems);
        }
    }

    private static void checkTime(String key, Duration time, List<String> problems) {
        check(
                !time.isNegative() && !time.isZero() && time.compareTo(Duration.ofHours(1)) <= 0,
                key + ": must be 1ms to 1h",
                problems);
    }

    private static void check(boolean holds, String problem, List<String> problems) {
        if (!holds) {
            problems.add(problem);
        }
    }

    private static List<String> addresses(String brokers) {
        return List.of(brokers.split("[,\\s]+", -1)).stream()
                .filter(each -> !each.isEmpty())
                .toList();
    }

    /** {@code host:port} of each broker that is named. */
    List<String> addresses() {
        return addresses(brokers);
    }

    /** Without the password and the client's properties, which may hold another. */
    @Override
    public String toString() {
        return "KafkaBridgeSettings[brokers=" + brokers + ", topics=" + topics + "]";
    }
}
