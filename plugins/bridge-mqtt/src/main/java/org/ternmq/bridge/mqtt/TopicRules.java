package org.ternmq.bridge.mqtt;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ternmq.bridge.mqtt.MqttBridgeSettings.Topic;
import org.ternmq.spi.Bridge.Filter;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

/** Which topics are carried, and what they are called on the other side. Immutable. */
final class TopicRules {
    /** One direction of a rule: what matches a filter loses one prefix and gets another. */
    private record Rule(String text, TopicFilter filter, String strip, String add, QoS qos) {
        String map(String topic) {
            return add + topic.substring(strip.length());
        }
    }

    private static final String SHARE = "$share/";

    private final List<Rule> out = new ArrayList<>();
    private final List<Rule> in = new ArrayList<>();

    private TopicRules() {}

    /**
     * Reads rules.
     *
     * @throws ConfigurationException if a filter is not valid
     */
    static TopicRules of(List<Topic> topics) {
        TopicRules rules = new TopicRules();
        for (Topic topic : topics) {
            String pattern = topic.out().or(topic::in).or(topic::both).orElseThrow();
            QoS qos = QoS.of(topic.qos());
            String here = topic.localPrefix().orElse("");
            String there = topic.remotePrefix().orElse("");
            if (topic.in().isEmpty()) {
                rules.out.add(rule(pattern, here, there, qos));
            }
            if (topic.out().isEmpty()) {
                rules.in.add(rule(pattern, there, here, qos));
            }
        }
        return rules;
    }

    private static Rule rule(String pattern, String strip, String add, QoS qos) {
        String share = "";
        String plain = pattern;
        if (pattern.startsWith(SHARE)) {
            int end = pattern.indexOf('/', SHARE.length());
            if (end < 0) {
                throw new ConfigurationException("topics: '" + pattern + "' has no filter behind the share name");
            }
            share = pattern.substring(0, end + 1);
            plain = pattern.substring(end + 1);
        }
        for (String prefix : List.of(strip, add)) {
            if (prefix.indexOf('+') >= 0 || prefix.indexOf('#') >= 0) {
                throw new ConfigurationException("topics: the prefix '" + prefix + "' holds a wildcard");
            }
        }
        try {
            TopicFilter filter = TopicFilter.parse(strip + plain);
            TopicFilter.parse(add + plain);
            return new Rule(share + strip + plain, filter, strip, add, qos);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException("topics: '" + pattern + "' is no filter: " + e.getMessage());
        }
    }

    /** What to subscribe to here. */
    List<Filter> outFilters() {
        return filters(out);
    }

    /** What to subscribe to there. */
    List<Filter> inFilters() {
        return filters(in);
    }

    private static List<Filter> filters(List<Rule> rules) {
        Map<String, QoS> first = new LinkedHashMap<>();
        rules.forEach(rule -> first.putIfAbsent(rule.text, rule.qos));
        List<Filter> all = new ArrayList<>();
        first.forEach((text, qos) -> all.add(new Filter(text, qos)));
        return all;
    }

    /** The topic there of a topic here; empty if it is not carried. */
    Optional<String> remote(String topic) {
        return map(out, topic);
    }

    /** The topic here of a topic there; empty if it is not carried. */
    Optional<String> local(String topic) {
        return map(in, topic);
    }

    private static Optional<String> map(List<Rule> rules, String topic) {
        for (Rule rule : rules) {
            // The wildcard of "a/#" also matches "a", which is shorter than a prefix "a/".
            if (topic.length() > rule.strip.length() && topic.startsWith(rule.strip) && rule.filter.matches(topic)) {
                return Optional.of(rule.map(topic));
            }
        }
        return Optional.empty();
    }
}
