package org.ternmq.broker.routing;

import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of one filter, as soon as they are more than a single plain one. Changed under the index's lock, read
 * without one.
 */
final class Subscribers {
    private final Bag<Subscriber, Subscription> plain = new Bag<>(Subscription::subscriber);
    private volatile @Nullable Bag<String, SharedGroup> groups;

    Bag<Subscriber, Subscription> plain() {
        return plain;
    }

    @Nullable
    Bag<String, SharedGroup> groups() {
        return groups;
    }

    boolean isEmpty() {
        Bag<String, SharedGroup> all = groups;
        return plain.isEmpty() && (all == null || all.isEmpty());
    }

    @Nullable
    Subscription add(Subscription s, SharedStrategy strategy) {
        String name = s.shareName();
        if (name == null) {
            return plain.put(s);
        }
        Bag<String, SharedGroup> all = groups;
        if (all == null) {
            all = new Bag<>(SharedGroup::shareName);
            groups = all;
        }
        SharedGroup group = all.get(name);
        if (group == null) {
            group = new SharedGroup(name, s.filter(), strategy);
            group.join(s);
            all.put(group);
            return null;
        }
        return group.join(s);
    }

    @Nullable
    Subscription remove(Subscriber subscriber, @Nullable String shareName) {
        if (shareName == null) {
            return plain.remove(subscriber);
        }
        Bag<String, SharedGroup> all = groups;
        SharedGroup group = all == null ? null : all.get(shareName);
        if (all == null || group == null) {
            return null;
        }
        Subscription left = group.leave(subscriber);
        if (group.size() == 0) {
            all.remove(shareName); // a group ends with its last member
        }
        return left;
    }
}
