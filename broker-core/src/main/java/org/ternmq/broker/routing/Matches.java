package org.ternmq.broker.routing;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Everybody who gets the messages of a topic. Immutable, though the groups in it have members that come and go. */
public final class Matches {
    /** Nobody. */
    public static final Matches EMPTY = new Matches(new Match[0], new SharedGroup[0]);

    /** Up to so many subscriptions, comparing each with each is faster than a map. */
    private static final int FEW = 8;

    private final Match[] plain;
    private final SharedGroup[] shared;

    private Matches(Match[] plain, SharedGroup[] shared) {
        this.plain = plain;
        this.shared = shared;
    }

    /**
     * The matches of a topic.
     *
     * @param disjoint whether no two of the plain subscriptions can be of the same subscriber
     */
    static Matches of(List<Subscription> plain, boolean disjoint, List<SharedGroup> shared) {
        Match[] matches = plain.isEmpty() ? EMPTY.plain : disjoint || allDiffer(plain) ? oneEach(plain) : merged(plain);
        SharedGroup[] groups = shared.isEmpty() ? EMPTY.shared : shared.toArray(EMPTY.shared);
        return matches.length == 0 && groups.length == 0 ? EMPTY : new Matches(matches, groups);
    }

    private static boolean allDiffer(List<Subscription> plain) {
        if (plain.size() > FEW) {
            return false;
        }
        for (int i = 1; i < plain.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (plain.get(i).subscriber().equals(plain.get(j).subscriber())) {
                    return false;
                }
            }
        }
        return true;
    }

    private static Match[] oneEach(List<Subscription> plain) {
        Match[] matches = new Match[plain.size()];
        for (int i = 0; i < matches.length; i++) {
            matches[i] = plain.get(i).match();
        }
        return matches;
    }

    private static Match[] merged(List<Subscription> plain) {
        Map<Subscriber, List<Subscription>> bySubscriber = new LinkedHashMap<>(plain.size() * 2);
        for (Subscription s : plain) {
            bySubscriber.merge(s.subscriber(), List.of(s), Matches::append);
        }
        Match[] matches = new Match[bySubscriber.size()];
        int i = 0;
        for (List<Subscription> overlapping : bySubscriber.values()) {
            matches[i++] = Match.of(overlapping);
        }
        return matches;
    }

    /** A list of one is immutable, so that the many who do not overlap cost little; from two on it grows. */
    private static List<Subscription> append(List<Subscription> some, List<Subscription> one) {
        List<Subscription> all = some.size() == 1 ? new ArrayList<>(some) : some;
        all.addAll(one);
        return all;
    }

    /** Plain subscriptions: one entry for each subscriber, in no order; not to be changed. */
    public Match[] plain() {
        return plain;
    }

    /** Shared groups, of which each gets the message once; not to be changed. */
    public SharedGroup[] shared() {
        return shared;
    }

    /** Whether nobody gets the messages. */
    public boolean isEmpty() {
        return plain.length == 0 && shared.length == 0;
    }
}
