package org.ternmq.acl.file;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ternmq.acl.file.RuleIndex.Entry;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.ExplainedAccessRules;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

/**
 * The rules of one client: the indexes of what it shares with others, and one of what was filled in for it. Immutable.
 *
 * <p>A rule on subscribing speaks of topic filters when a client subscribes, and of topics when it is sent a message: one that
 * allows has to cover the whole filter; one that denies and covers only a part of it does not refuse the subscription, but
 * holds back the messages that it names.
 */
final class ClientRules implements ExplainedAccessRules {
    private static final int ALL_DELIVERIES =
            Action.DELIVERY.bits(Set.of(QoS.values())) | Action.RECEIVE.bits(Set.of(QoS.values()));

    private final RuleIndex[] indexes;
    private final List<Rule> leftOut;
    private final boolean asMosquitto;
    private final boolean checksDeliveries;

    private ClientRules(List<RuleIndex> indexes, List<Rule> leftOut, boolean asMosquitto) {
        this.indexes = indexes.toArray(RuleIndex[]::new);
        this.leftOut = List.copyOf(leftOut);
        this.asMosquitto = asMosquitto;
        this.checksDeliveries = asMosquitto || indexes.stream().anyMatch(index -> index.deniesAnyOf(ALL_DELIVERIES));
    }

    /**
     * Fills in what stands for a client. A rule with an unfit value is left out if it allows; if it denies, it denies all that
     * it could have meant.
     *
     * @param sets the rules that the client gets
     * @param asMosquitto whether what no rule speaks of is denied, and a subscription allowed that a rule covers in part
     */
    static ClientRules of(ClientInfo client, Set<RuleSet> sets, boolean asMosquitto) {
        List<RuleIndex> indexes = new ArrayList<>();
        List<Entry> filled = new ArrayList<>();
        List<Rule> leftOut = new ArrayList<>();
        for (RuleSet set : sets) {
            indexes.add(set.fixed());
            for (Rule rule : set.templates()) {
                Template.Filled topic = rule.topic().fill(client);
                if (topic.fits() || !rule.allow()) {
                    filled.add(new Entry(rule, topic.filter()));
                } else {
                    leftOut.add(rule);
                }
            }
        }
        if (!filled.isEmpty()) {
            indexes.add(new RuleIndex(filled));
        }
        return new ClientRules(indexes, leftOut, asMosquitto);
    }

    private @Nullable Entry find(String text, int request) {
        Entry found = null;
        for (RuleIndex index : indexes) {
            found = index.find(text, request, found);
        }
        return found;
    }

    private Decision decision(@Nullable Entry entry) {
        if (entry == null) {
            return asMosquitto ? Decision.DENY : Decision.ABSTAIN;
        }
        return entry.rule().allow() ? Decision.ALLOW : Decision.DENY;
    }

    @Override
    public Decision publish(String topic, QoS qos, boolean retain) {
        return decision(find(topic, Action.PUBLISH.bit(qos, retain)));
    }

    @Override
    public Decision subscribe(TopicFilter filter, QoS qos) {
        Entry entry = find(filter.toString(), Action.SUBSCRIBE.bit(qos, false));
        if (entry == null && asMosquitto && overlaps(filter, qos)) {
            return Decision.ALLOW;
        }
        return decision(entry);
    }

    private boolean overlaps(TopicFilter filter, QoS qos) {
        for (RuleIndex index : indexes) {
            if (index.allowsSomeOf(filter.toString(), Action.SUBSCRIBE.bit(qos, false))) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean checksDeliveries() {
        return checksDeliveries;
    }

    @Override
    public Decision receive(String topic, QoS qos) {
        return decision(delivery(topic, qos));
    }

    /** What decides about a delivery: rules on receiving and on subscribing both have a say, and the one that denies has it. */
    private @Nullable Entry delivery(String topic, QoS qos) {
        Entry subscribing = find(topic, Action.DELIVERY.bit(qos, false));
        if (subscribing != null && !subscribing.rule().allow()) {
            return subscribing;
        }
        Entry receiving = find(topic, Action.RECEIVE.bit(qos, false));
        return receiving == null ? subscribing : receiving;
    }

    @Override
    public String whyPublish(String topic, QoS qos, boolean retain) {
        return why(find(topic, Action.PUBLISH.bit(qos, retain)));
    }

    @Override
    public String whySubscribe(TopicFilter filter, QoS qos) {
        Entry entry = find(filter.toString(), Action.SUBSCRIBE.bit(qos, false));
        boolean inPart = entry == null && asMosquitto && overlaps(filter, qos);
        String why = inPart ? "some of its topics may be read" : why(entry);
        return checksDeliveries && (inPart || (entry != null && entry.rule().allow()))
                ? why + "\neach message is checked again on its way to the client"
                : why;
    }

    @Override
    public String whyReceive(String topic, QoS qos) {
        return why(delivery(topic, qos));
    }

    private String why(@Nullable Entry entry) {
        StringBuilder why = new StringBuilder();
        if (entry == null) {
            why.append(asMosquitto ? "no rule speaks of it, which denies it" : "no rule speaks of it");
        } else {
            why.append(entry.rule());
            if (!entry.rule().topic().isFixed()) {
                why.append(", for this client ")
                        .append(entry.filter().isEmpty() ? "everything" : "'" + entry.filter() + "'");
            }
        }
        for (Rule rule : leftOut) {
            why.append("\nnot for this client, who has no fit value to put in: ")
                    .append(rule);
        }
        return why.toString();
    }
}
