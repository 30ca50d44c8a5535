package org.ternmq.broker.security;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.ternmq.broker.observe.PluginScope;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.ExplainedAccessRules;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

/**
 * What one client may do: the rules of all authorizers, asked in order until one does not abstain. Rules that throw deny.
 *
 * <p>Owner: the loop of the client's session.
 */
public final class Permissions {
    /**
     * Rules, the authorizer that they come from, and what they say of themselves, which does not change.
     *
     * @param checksDeliveries whether they want to be asked for each delivery
     */
    record Ruled(PluginScope by, AccessRules rules, boolean checksDeliveries) {
        /** Asks them; throws what they throw, and if there are none. */
        static Ruled of(PluginScope by, AccessRules rules) {
            Objects.requireNonNull(rules, "no rules");
            return new Ruled(by, rules, rules.checksDeliveries());
        }
    }

    private static final int FIXED = -1;

    private final List<Ruled> rules;
    /** Those of them that are asked for each delivery. */
    private final List<Ruled> receiving;

    private final boolean allowByDefault;
    private final int version;

    /** The rules in the order of the configuration, what holds if all abstain, and a number that grows with each change. */
    Permissions(List<Ruled> rules, boolean allowByDefault, int version) {
        this.rules = List.copyOf(rules);
        this.receiving = rules.stream().filter(Ruled::checksDeliveries).toList();
        this.allowByDefault = allowByDefault;
        this.version = version;
    }

    /** Nothing at all: what a client has whose rules cannot be had. */
    static Permissions nothing(int version) {
        return new Permissions(List.of(), false, version);
    }

    /** Everything but topics that start with {@code $}, whatever the rules: what one of the broker's own clients has. */
    public static Permissions everything() {
        return new Permissions(List.of(), true, FIXED);
    }

    /** Whether no rules can change these. */
    public boolean areFixed() {
        return version == FIXED;
    }

    /** How often the rules had changed when these were asked for. */
    int version() {
        return version;
    }

    /** Whether these were asked for after a change that the others do not know of. */
    public boolean isNewerThan(Permissions other) {
        return version - other.version > 0;
    }

    /** May the client publish this? Topics that start with {@code $} are the broker's own. */
    public boolean mayPublish(TopicName topic, QoS qos, boolean retain) {
        if (topic.isDollar()) {
            return false;
        }
        for (Ruled r : rules) {
            Decision decision;
            ClassLoader before = r.by().begin();
            try {
                decision = r.rules().publish(topic.toString(), qos, retain);
            } catch (Throwable e) { // whatever it throws, the loop has other clients to serve
                decision = failed(r, e);
            } finally {
                r.by().end(before);
            }
            if (decision != Decision.ABSTAIN) {
                return decision == Decision.ALLOW;
            }
        }
        return allowByDefault;
    }

    /** May the client subscribe to this? Of a shared subscription the inner filter is asked. */
    public boolean maySubscribe(TopicFilter filter, QoS qos) {
        for (Ruled r : rules) {
            Decision decision;
            ClassLoader before = r.by().begin();
            try {
                decision = r.rules().subscribe(filter, qos);
            } catch (Throwable e) { // whatever it throws, the loop has other clients to serve
                decision = failed(r, e);
            } finally {
                r.by().end(before);
            }
            if (decision != Decision.ABSTAIN) {
                return decision == Decision.ALLOW;
            }
        }
        return allowByDefault;
    }

    /** Which rules decide on a PUBLISH, in words. Not for an event loop; one thread at a time. */
    public String whyPublish(TopicName topic, QoS qos, boolean retain) {
        return topic.isDollar()
                ? "topics that start with $ are the broker's own"
                : why(rules, explained -> explained.whyPublish(topic.toString(), qos, retain));
    }

    /** Which rules decide on a SUBSCRIBE, in words. Not for an event loop; one thread at a time. */
    public String whySubscribe(TopicFilter filter, QoS qos) {
        return why(rules, explained -> explained.whySubscribe(filter, qos));
    }

    /** Which rules decide on a delivery, in words. Not for an event loop; one thread at a time. */
    public String whyReceive(TopicName topic, QoS qos) {
        return why(receiving, explained -> explained.whyReceive(topic.toString(), qos));
    }

    private String why(List<Ruled> asked, Function<ExplainedAccessRules, String> question) {
        List<String> reasons = new ArrayList<>();
        for (Ruled r : asked) {
            String reason = "rules that do not explain themselves";
            if (r.rules() instanceof ExplainedAccessRules explained) {
                reason = question.apply(explained).strip();
            }
            reasons.add(r.by().name() + ": " + reason);
        }
        reasons.add("by default: " + (allowByDefault ? "allow" : "deny"));
        return String.join("; ", reasons);
    }

    /** Whether {@link #mayReceive} has to be asked for each delivery. */
    public boolean checksDeliveries() {
        return !receiving.isEmpty();
    }

    /** May the client receive this? */
    public boolean mayReceive(TopicName topic, QoS qos) {
        for (Ruled r : receiving) {
            Decision decision;
            ClassLoader before = r.by().begin();
            try {
                decision = r.rules().receive(topic.toString(), qos);
            } catch (Throwable e) { // whatever it throws, the loop has other clients to serve
                decision = failed(r, e);
            } finally {
                r.by().end(before);
            }
            if (decision != Decision.ABSTAIN) {
                return decision == Decision.ALLOW;
            }
        }
        return true;
    }

    private static Decision failed(Ruled by, Throwable e) {
        by.by().failed("its access rules deny in doubt", e);
        return Decision.DENY;
    }
}
