package org.ternmq.broker.security;

import java.util.List;
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
    private static final Logger LOG = LoggerFactory.getLogger(Permissions.class);

    private static final int FIXED = -1;

    private final List<AccessRules> rules;
    private final boolean allowByDefault;
    private final boolean checksDeliveries;
    private final Metrics metrics;
    private final int version;

    /** The rules in the order of the configuration, and what holds if all abstain. */
    public Permissions(List<AccessRules> rules, boolean allowByDefault, Metrics metrics) {
        this(rules, allowByDefault, metrics, 0);
    }

    /** As {@link #Permissions(List, boolean, Metrics)}; the version grows with each change of the rules. */
    Permissions(List<AccessRules> rules, boolean allowByDefault, Metrics metrics, int version) {
        this.rules = List.copyOf(rules);
        this.allowByDefault = allowByDefault;
        this.checksDeliveries = rules.stream().anyMatch(AccessRules::checksDeliveries);
        this.metrics = metrics;
        this.version = version;
    }

    /** Nothing at all: what a client has whose rules cannot be had. */
    static Permissions nothing(Metrics metrics, int version) {
        return new Permissions(List.of(), false, metrics, version);
    }

    /** Everything but topics that start with {@code $}, whatever the rules: what one of the broker's own clients has. */
    public static Permissions everything(Metrics metrics) {
        return new Permissions(List.of(), true, metrics, FIXED);
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
        for (AccessRules r : rules) {
            Decision decision;
            try {
                decision = r.publish(topic.toString(), qos, retain);
            } catch (RuntimeException | LinkageError e) {
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
            } catch (RuntimeException | LinkageError e) {
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
        return checksDeliveries;
    }

    /** May the client receive this? */
    public boolean mayReceive(TopicName topic, QoS qos) {
        for (AccessRules r : rules) {
            Decision decision;
            try {
                decision = r.checksDeliveries() ? r.receive(topic.toString(), qos) : Decision.ABSTAIN;
            } catch (RuntimeException | LinkageError e) {
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
