package org.ternmq.broker.security;

import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

/**
 * What one client may do: the rules of all authorizers, asked in order until one does not abstain. Rules that throw deny.
 *
 * <p>Owner: the loop of the client's session.
 */
public final class Permissions {
    /** Rules, and what they say of themselves, which does not change. */
    record Asked(AccessRules rules, boolean checksDeliveries) {
        /** Asks them; throws what they throw, and if there are none. */
        static Asked of(AccessRules rules) {
            Objects.requireNonNull(rules, "no rules");
            return new Asked(rules, rules.checksDeliveries());
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(Permissions.class);

    private final List<AccessRules> rules;
    /** Those of them that are asked for each delivery. */
    private final List<AccessRules> receiving;

    private final boolean allowByDefault;
    private final Metrics metrics;
    private final int version;

    /** The rules in the order of the configuration, what holds if all abstain, and a number that grows with each change. */
    Permissions(List<Asked> asked, boolean allowByDefault, Metrics metrics, int version) {
        this.rules = asked.stream().map(Asked::rules).toList();
        this.receiving =
                asked.stream().filter(Asked::checksDeliveries).map(Asked::rules).toList();
        this.allowByDefault = allowByDefault;
        this.metrics = metrics;
        this.version = version;
    }

    /** Nothing at all: what a client has whose rules cannot be had. */
    static Permissions nothing(Metrics metrics, int version) {
        return new Permissions(List.of(), false, metrics, version);
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
        for (AccessRules r : rules) {
            Decision decision;
            try {
                decision = r.publish(topic.toString(), qos, retain);
            } catch (RuntimeException | LinkageError | StackOverflowError e) {
                decision = failed(e);
            }
            if (decision != Decision.ABSTAIN) {
                return decision == Decision.ALLOW;
            }
        }
        return allowByDefault;
    }

    /** May the client subscribe to this? Of a shared subscription the inner filter is asked. */
    public boolean maySubscribe(TopicFilter filter, QoS qos) {
        for (AccessRules r : rules) {
            Decision decision;
            try {
                decision = r.subscribe(filter, qos);
            } catch (RuntimeException | LinkageError | StackOverflowError e) {
                decision = failed(e);
            }
            if (decision != Decision.ABSTAIN) {
                return decision == Decision.ALLOW;
            }
        }
        return allowByDefault;
    }

    /** Whether {@link #mayReceive} has to be asked for each delivery. */
    public boolean checksDeliveries() {
        return !receiving.isEmpty();
    }

    /** May the client receive this? */
    public boolean mayReceive(TopicName topic, QoS qos) {
        for (AccessRules r : receiving) {
            Decision decision;
            try {
                decision = r.receive(topic.toString(), qos);
            } catch (RuntimeException | LinkageError | StackOverflowError e) {
                decision = failed(e);
            }
            if (decision != Decision.ABSTAIN) {
                return decision == Decision.ALLOW;
            }
        }
        return true;
    }

    private Decision failed(Throwable e) {
        metrics.pluginFailed();
        LOG.error("Access rules failed and so deny", e);
        return Decision.DENY;
    }
}
