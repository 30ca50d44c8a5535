package org.ternmq.bridge.kafka;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.ternmq.bridge.kafka.KafkaBridgeSettings.Topic;
import org.ternmq.spi.Bridge.Filter;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

/** Which topics are carried, and what they are called on the other side. Immutable. */
final class TopicRules {
    /** A rule for messages to Kafka. */
    record Out(String text, TopicFilter filter, Template topic, Optional<Template> key, QoS qos) {}

    /** A rule for records from Kafka. */
    record In(Template topic, QoS qos, boolean retain) {}

    private static final String SHARE = "$share/";
    private static final Pattern LEVEL = Pattern.compile("[1-9]\\d{0,4}");
    private static final String PROPERTY = "property:";
    private static final String HEADER = "header:";
    private static final Set<String> OF_RECORDS = Set.of("topic", "key", "partition");
    private static final Pattern KAFKA_NAME = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

    private final List<Out> out = new ArrayList<>();
    private final Map<String, In> in = new LinkedHashMap<>();

    private TopicRules() {}

    /**
     * Reads rules.
     *
     * @throws ConfigurationException if a filter, a name or a template is not valid
     */
    static TopicRules of(List<Topic> topics) {
        TopicRules rules = new TopicRules();
        for (Topic topic : topics) {
            try {
                topic.out().ifPresent(filter -> rules.out.add(out(filter, topic)));
                topic.in().ifPresent(name -> rules.addIn(name, topic));
            } catch (IllegalArgumentException e) {
                throw new ConfigurationException("topics: " + e.getMessage());
            } catch (ConfigurationException e) {
                throw new ConfigurationException("topics: " + e.getMessage());
            }
        }
        return rules;
    }

    private static Out out(String filter, Topic topic) {
        String plain = filter;
        if (filter.startsWith(SHARE)) {
            int end = filter.indexOf('/', SHARE.length());
            if (end < 0) {
                throw new ConfigurationException("'" + filter + "' has no filter behind the share name");
            }
            plain = filter.substring(end + 1);
        }
        Template there = Template.parse(topic.topic(), TopicRules::isOfMessages);
        if (there.isFixed()) {
            nameProblem(topic.topic()).ifPresent(problem -> {
                throw new ConfigurationException("'" + topic.topic() + "' " + problem);
            });
        }
        return new Out(
                filter,
                TopicFilter.parse(plain),
                there,
                // By default all that is published to a topic has the same key, and so its order.
                topic.key()
                        .or(() -> Optional.of("{topic}"))
                        .filter(text -> !text.isEmpty())
                        .map(text -> Template.parse(text, TopicRules::isOfMessages)),
                QoS.of(topic.qos()));
    }

    private void addIn(String name, Topic topic) {
        nameProblem(name).ifPresent(problem -> {
            throw new ConfigurationException("'" + name + "' " + problem);
        });
        Template here = Template.parse(topic.topic(), TopicRules::isOfRecords);
        if (here.isFixed()) {
            topicProblem(topic.topic()).ifPresent(problem -> {
                throw new ConfigurationException("'" + topic.topic() + "' " + problem);
            });
        }
        if (in.putIfAbsent(name, new In(here, QoS.of(topic.qos()), topic.retain())) != null) {
            throw new ConfigurationException("'" + name + "' is taken in by two rules");
        }
    }

    private static boolean isOfMessages(String variable) {
        return variable.equals("topic")
                || LEVEL.matcher(variable).matches()
                || (variable.startsWith(PROPERTY) && variable.length() > PROPERTY.length());
    }

    private static boolean isOfRecords(String variable) {
        return OF_RECORDS.contains(variable) || (variable.startsWith(HEADER) && variable.length() > HEADER.length());
    }

    /** What is wrong with the name of a topic of Kafka, in words. */
    static Optional<String> nameProblem(String name) {
        if (!KAFKA_NAME.matcher(name).matches() || name.equals(".") || name.equals("..")) {
            return Optional.of(
                    "is no name of a topic of Kafka (1 to 249 letters, digits, dots, hyphens and underscores)");
        }
        return name.startsWith("__") ? Optional.of("would be one of Kafka's own topics") : Optional.empty();
    }

    /** What is wrong with a topic name of MQTT, in words. */
    static Optional<String> topicProblem(String topic) {
        if (topic.isEmpty()) {
            return Optional.of("is empty");
        }
        if (topic.indexOf('+') >= 0 || topic.indexOf('#') >= 0) { // MQTT-3.3.2-2
            return Optional.of("has a wildcard");
        }
        if (topic.startsWith("$")) { // MQTT-4.7.2-1: the broker's own
            return Optional.of("begins with $");
        }
        if (topic.indexOf('\0') >= 0 || topic.getBytes(StandardCharsets.UTF_8).length > 65_535) { // MQTT-4.7.3
            return Optional.of("is no topic name");
        }
        return Optional.empty();
    }

    /** What to subscribe to here. */
    List<Filter> outFilters() {
        Map<String, QoS> first = new LinkedHashMap<>();
        out.forEach(rule -> first.putIfAbsent(rule.text, rule.qos));
        List<Filter> all = new ArrayList<>();
        first.forEach((text, qos) -> all.add(new Filter(text, qos)));
        return all;
    }

    /** The topics of Kafka to take records from. */
    List<String> inTopics() {
        return List.copyOf(in.keySet());
    }

    /** The rule for a topic here; empty if it is not carried. */
    Optional<Out> outRule(String topic) {
        return out.stream().filter(rule -> rule.filter.matches(topic)).findFirst();
    }

    /** The rule for a topic of Kafka; empty if it is not carried. */
    Optional<In> inRule(String topic) {
        return Optional.ofNullable(in.get(topic));
    }
}
