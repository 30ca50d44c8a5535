package org.ternmq.broker.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.ternmq.broker.routing.Fixtures.subscription;
import static org.ternmq.broker.routing.Fixtures.topic;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.protocol.TopicName;

final class MatchCacheTest {
    private final SubscriptionIndex index = new SubscriptionIndex();
    private final FakeSubscriber client = new FakeSubscriber("client");

    @Test
    void givesWhatWasFoundBeforeForAnEqualTopic() {
        index.add(subscription(client, "a/#"));
        MatchCache cache = new MatchCache(index, 16);
        Matches first = cache.get(topic("a/b"));
        assertThat(first.plain()).hasSize(1);
        assertThat(cache.get(topic("a/b"))).isSameAs(first);
    }

    @Test
    void looksAgainAfterAChangeThatConcernsTheTopic() {
        MatchCache cache = new MatchCache(index, 16);
        assertThat(cache.get(topic("a/b")).isEmpty()).isTrue();
        index.add(subscription(client, "a/b"));
        Matches found = cache.get(topic("a/b"));
        assertThat(found.plain()).hasSize(1);
        index.add(subscription(new FakeSubscriber("other"), "+/b"));
        assertThat(cache.get(topic("a/b")).plain()).hasSize(2);
        index.remove(client, "a/b");
        assertThat(cache.get(topic("a/b")).plain()).hasSize(1);
    }

    @Test
    void keepsWhatAChangeElsewhereDoesNotConcern() {
        index.add(subscription(client, "#"));
        MatchCache cache = new MatchCache(index, 16);
        Matches found = cache.get(topic("a/b"));
        // Of several first levels, not all can fall into the stripe of "a".
        long kept = 0;
        for (String elsewhere : new String[] {"b", "c", "d", "e"}) {
            index.add(subscription(client, elsewhere + "/x"));
            Matches now = cache.get(topic("a/b"));
            kept += now == found ? 1 : 0;
            found = now;
        }
        assertThat(kept).isPositive();
    }

    @Test
    void staysRightWithMoreTopicsThanItHolds() {
        for (int i = 0; i < 1000; i += 3) {
            index.add(subscription(client, "t/" + i));
        }
        MatchCache cache = new MatchCache(index, 64);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 1000; i++) {
                assertThat(cache.get(topic("t/" + i)).plain()).as("t/%d", i).hasSize(i % 3 == 0 ? 1 : 0);
            }
        }
    }

    @Test
    void staysRightWithMoreMatchesThanItHolds() {
        for (int i = 0; i < 300; i++) {
            index.add(subscription(new FakeSubscriber("c" + i), "t/#"));
        }
        MatchCache cache = new MatchCache(index, 4);
        for (int i = 0; i < 20; i++) {
            assertThat(cache.get(topic("t/" + i % 3)).plain()).hasSize(300 + i);
            index.add(subscription(new FakeSubscriber("d" + i), "t/#"));
        }
    }

    @Test
    void isNotMisledByTopicsWithTheSameHash() {
        index.add(subscription(client, "BB"));
        MatchCache cache = new MatchCache(index, 4);
        assertThat(topic("Aa")).hasSameHashCodeAs(topic("BB"));
        assertThat(cache.get(topic("BB")).plain()).hasSize(1);
        assertThat(cache.get(topic("Aa")).plain()).isEmpty();
        assertThat(cache.get(topic("BB")).plain()).hasSize(1);
    }

    @Test
    void forgetsOnRequest() {
        index.add(subscription(client, "a"));
        MatchCache cache = new MatchCache(index, 4);
        Matches before = cache.get(topic("a"));
        cache.clear();
        assertThat(cache.get(topic("a"))).isNotSameAs(before);
    }

    @Test
    void isBoundedInBytesOfTopics() {
        index.add(subscription(client, "#"));
        MatchCache cache = new MatchCache(index, 1024);
        for (int i = 0; i < 1000; i++) {
            assertThat(cache.get(topic("x".repeat(1000) + i)).plain()).hasSize(1);
        }
        assertThat(cache.weight()).isLessThanOrEqualTo(1024 * 64);
        assertThat(cache.size()).as("topics of 1 kB").isLessThan(300);
    }

    @Test
    void matchesVeryLongTopicsWithoutKeepingThem() {
        MatchCache cache = new MatchCache(index, 1024);
        TopicName longest = topic("x".repeat(65_535));
        assertThat(cache.get(longest).isEmpty()).isTrue();
        index.add(subscription(client, "#"));
        assertThat(cache.get(longest).plain()).hasSize(1);
        assertThat(cache.size()).isZero();
    }

    @Test
    void sweepsOutTopicsThatNobodyAsksForAgainOnceTheirMatchesHaveChanged() {
        MatchCache cache = new MatchCache(index, 1024);
        for (int i = 0; i < 200; i++) {
            index.add(subscription(client, "once/" + i));
            cache.get(topic("once/" + i));
            index.remove(client, "once/" + i);
        }
        for (int i = 0; i < 128; i++) {
            cache.get(topic("other/" + i));
        }
        assertThat(cache.size()).as("topics, 128 of them still good").isEqualTo(128);
    }

    @Test
    void allocatesNothingOnAHit() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        index.add(subscription(client, "a/#"));
        MatchCache cache = new MatchCache(index, 16);
        TopicName same = topic("a/b");
        TopicName equal = topic("a/b");
        long found = cache.get(same).plain().length;
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 10_000; i++) {
            found += cache.get(same).plain().length + cache.get(equal).plain().length;
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(found).isEqualTo(20_001);
        assertThat(allocated).as("bytes for 20,000 hits").isLessThan(20_000);
    }

    @Test
    void refusesASizeThatMakesNoSense() {
        assertThatIllegalArgumentException().isThrownBy(() -> new MatchCache(index, 0));
    }
}
