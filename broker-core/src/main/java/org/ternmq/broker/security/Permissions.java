package org.ternmq.broker.security;

import java.util.List;
import org.ternmq.broker.observe.PluginScope;
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
    /** Rules, and the authorizer that they come from. */
    public record Ruled(PluginScope by, AccessRules rules) {}

    private final List<Ruled> rules;
    private final boolean allowByDefault;
    private final boolean checksDeliveries;
    private final int version;

    /**
     * The rules of one client.
     *
     * @param rules in the order of the configuration
     * @param allowByDefault what holds if all abstain
     * @param checksDeliveries whether any of them wants to be asked for each delivery
     * @param version grows with each change of the rules
     */
    Permissions(List<Ruled> rules, boolean allowByDefault, boolean checksDeliveries, int version) {
        this.rules = List.copyOf(rules);
        this.allowByDefault = allowByDefault;
        this.checksDeliveries = checksDeliveries;
        this.version = version;
    }

    /** Nothing at all: what a client has whose rules cannot be had. */
    static Permissions nothing(int version) {
        return new Permissions(List.of(), false, false, version);
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

    /** Whether {@link #mayReceive} has to be asked for each delivery. */
    public boolean checksDeliveries() {
        return checksDeliveries;
    }

    /** May the client receive this? */
    public boolean mayReceive(TopicName topic, QoS qos) {
        for (Ruled r : rules) {
            Decision decision;
            ClassLoader before = r.by().begin();
            try {
                decision = r.rules().checksDeliveries() ? r.rules().receive(topic.toString(), qos) : Decision.ABSTAIN;
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
