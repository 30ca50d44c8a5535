package org.ternmq.broker.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.ternmq.broker.routing.Fixtures.expiring;
import static org.ternmq.broker.routing.Fixtures.message;
import static org.ternmq.broker.routing.Fixtures.subscription;
import static org.ternmq.broker.routing.Fixtures.topic;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

final class RetainedMessagesTest {
    private final RetainedMessages retained = new RetainedMessages(0, 0);

    private static ApplicationMessage sized(String topic, int payload) {
        return new ApplicationMessage(
                topic(topic), QoS.AT_MOST_ONCE, true, new byte[payload], new byte[0], ApplicationMessage.NEVER, null);
    }

    private List<String> scan(String filter, long maxMark) {
        List<String> topics = new ArrayList<>();
        RetainedCursor cursor = retained.scan(TopicFilter.parse(filter));
        for (int calls = 0; calls < 1_000_000; calls++) {
            switch (cursor.next(maxMark, 0)) {
                case MESSAGE -> topics.add(cursor.message().topic().toString());
                case EXPIRED, NOT_YET -> {}
                case END -> {
                    return topics;
                }
            }
        }
        throw new AssertionError("the scan does not end");
    }

    @Test
    @Mqtt5("3.3.1-5")
    @Mqtt311("3.3.1-5")
    void keepsTheLastMessageOfATopic() { // MQTT-3.3.1-5, MQTT-3.3.1-6
        ApplicationMessage first = sized("a", 10);
        ApplicationMessage second = sized("a", 3);
        retained.put(first);
        retained.put(second);
        retained.put(sized("b", 1));
        assertThat(retained.get(topic("a"))).isSameAs(second);
        assertThat(retained.size()).isEqualTo(2);
        assertThat(retained.bytes())
                .isEqualTo(second.footprint() + sized("b", 1).footprint());
        retained.remove(topic("a"));
        assertThat(retained.get(topic("a"))).isNull();
        retained.remove(topic("b"));
        assertThat(retained.size()).isZero();
        assertThat(retained.bytes()).isZero();
    }

    @Test
    void numbersEveryChange() {
        assertThat(retained.mark()).isZero();
        assertThat(retained.put(message("a"))).isEqualTo(1);
        assertThat(retained.remove(topic("a"))).isEqualTo(2);
        assertThat(retained.remove(topic("a")))
                .as("so that the message that clears comes live too")
                .isEqualTo(3);
        assertThat(retained.mark()).isEqualTo(3);
        Subscription s = subscription(new FakeSubscriber("c"), "a");
        assertThat(retained.mark(s)).isEqualTo(3);
        assertThat(s.since()).isEqualTo(3);
    }

    @Test
    void leavesOutWhatIsNewerThanTheMark() {
        retained.put(message("a"));
        retained.put(message("b"));
        long mark = retained.mark();
        retained.put(message("c"));
        retained.put(message("a"));
        assertThat(scan("#", mark)).containsExactly("b");
        assertThat(scan("a", mark)).isEmpty();
    }

    @Test
    void reportsWhatHasExpiredSoThatItCanBeRemovedUnlessReplaced() { // MQTT-3.3.2-5
        ApplicationMessage old = expiring("a", 100);
        retained.put(old);
        RetainedCursor cursor = retained.scan(TopicFilter.parse("#"));
        assertThat(cursor.next(Long.MAX_VALUE, 100)).isEqualTo(RetainedCursor.Step.EXPIRED);
        assertThat(cursor.message()).isSameAs(old);
        assertThat(cursor.next(Long.MAX_VALUE, 100)).isEqualTo(RetainedCursor.Step.END);
        assertThatIllegalStateException().isThrownBy(cursor::message);
        ApplicationMessage replacement = expiring("a", 100);
        retained.put(replacement);
        assertThat(retained.removeIfSame(old)).isFalse();
        assertThat(retained.size()).isEqualTo(1);
        assertThat(retained.removeIfSame(replacement)).isTrue();
        assertThat(retained.removeIfSame(replacement)).isFalse();
        assertThat(retained.size()).isZero();
        assertThat(retained.bytes()).isZero();
    }

    @Test
    void expiresNotBeforeItsTime() { // MQTT-3.3.2-5
        retained.put(expiring("a", 100));
        assertThat(retained.scan(TopicFilter.parse("a")).next(Long.MAX_VALUE, 99))
                .isEqualTo(RetainedCursor.Step.MESSAGE);
    }

    @Test
    void saysWhatWouldBeTooMany() {
        RetainedMessages two = new RetainedMessages(2, 0);
        two.put(message("a"));
        assertThat(two.wouldExceed(message("b"))).isFalse();
        two.put(message("b"));
        assertThat(two.wouldExceed(message("c"))).isTrue();
        assertThat(two.wouldExceed(message("a"))).as("takes the other's place").isFalse();
    }

    @Test
    void saysWhatWouldBeTooLarge() {
        long room = sized("a", 100).footprint() * 2L;
        RetainedMessages few = new RetainedMessages(0, room);
        few.put(sized("a", 100));
        assertThat(few.wouldExceed(sized("b", 100))).isFalse();
        assertThat(few.wouldExceed(sized("b", 101))).isTrue();
        few.put(sized("b", 100));
        assertThat(few.wouldExceed(sized("a", 100))).isFalse();
        assertThat(few.wouldExceed(sized("a", 101))).isTrue();
    }

    @Test
    void passesByWhatCannotMatchInOneSearch() {
        for (int i = 0; i < 20_000; i++) {
            retained.put(message("a/x/" + i));
            retained.put(message("b/" + i));
        }
        retained.put(message("a/y/z"));
        retained.put(message("c/x"));
        RetainedCursor one = retained.scan(TopicFilter.parse("a/+/z"));
        assertThat(one.next(Long.MAX_VALUE, 0)).isEqualTo(RetainedCursor.Step.MESSAGE);
        assertThat(one.message().topic()).hasToString("a/y/z");
        assertThat(one.next(Long.MAX_VALUE, 0)).isEqualTo(RetainedCursor.Step.END);
        RetainedCursor two = retained.scan(TopicFilter.parse("+/x"));
        assertThat(two.next(Long.MAX_VALUE, 0)).isEqualTo(RetainedCursor.Step.MESSAGE);
        assertThat(two.message().topic()).hasToString("c/x");
        assertThat(two.next(Long.MAX_VALUE, 0)).isEqualTo(RetainedCursor.Step.END);
        assertThat(scan("c/#", Long.MAX_VALUE)).containsExactly("c/x");
    }

    @Test
    void restsAfterMuchWorkForNothing() {
        for (int i = 0; i < 5000; i++) {
            retained.put(message("a/" + i + "/x"));
        }
        retained.put(message("b/0/y"));
        RetainedCursor cursor = retained.scan(TopicFilter.parse("+/+/y"));
        int rests = 0;
        RetainedCursor.Step step = cursor.next(Long.MAX_VALUE, 0);
        while (step == RetainedCursor.Step.NOT_YET) {
            rests++;
            step = cursor.next(Long.MAX_VALUE, 0);
        }
        assertThat(rests).isBetween(4, 12);
        assertThat(step).isEqualTo(RetainedCursor.Step.MESSAGE);
        RetainedCursor tooNew = retained.scan(TopicFilter.parse("#"));
        assertThat(tooNew.next(0, 0)).isEqualTo(RetainedCursor.Step.NOT_YET);
    }

    @Test
    void goesOnWhereItWasWhenItsTopicIsGone() {
        List.of("a/1", "a/2", "a/3", "b").forEach(t -> retained.put(message(t)));
        RetainedCursor cursor = retained.scan(TopicFilter.parse("a/#"));
        assertThat(cursor.next(Long.MAX_VALUE, 0)).isEqualTo(RetainedCursor.Step.MESSAGE);
        retained.remove(topic("a/1"));
        retained.remove(topic("a/2"));
        retained.put(message("a/2/x"));
        assertThat(cursor.next(Long.MAX_VALUE, 0)).isEqualTo(RetainedCursor.Step.MESSAGE);
        assertThat(cursor.message().topic()).hasToString("a/2/x");
        assertThat(cursor.next(Long.MAX_VALUE, 0)).isEqualTo(RetainedCursor.Step.MESSAGE);
        assertThat(cursor.message().topic()).hasToString("a/3");
        assertThat(cursor.next(Long.MAX_VALUE, 0)).isEqualTo(RetainedCursor.Step.END);
        assertThat(cursor.next(Long.MAX_VALUE, 0)).isEqualTo(RetainedCursor.Step.END);
    }

    @Test
    void scansTheDeepestTopics() {
        String deepest = "/".repeat(65_534);
        retained.put(message(deepest));
        retained.put(message("/"));
        assertThat(scan("#", Long.MAX_VALUE)).containsExactly("/", deepest);
        assertThat(scan("+" + deepest, Long.MAX_VALUE)).containsExactly(deepest);
        assertThat(scan("+" + deepest.substring(1), Long.MAX_VALUE)).isEmpty();
        assertThat(scan("/+" + deepest.substring(2) + "#", Long.MAX_VALUE)).containsExactly(deepest);
        assertThat(scan(deepest, Long.MAX_VALUE)).containsExactly(deepest);
    }
}
