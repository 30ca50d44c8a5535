package org.ternmq.broker.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.journal.Keyspaces.NamedKey;
import org.ternmq.broker.journal.Keyspaces.NumberedKey;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.PublishProperties;
import org.ternmq.broker.protocol.RetainHandling;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.protocol.WillMessage;
import org.ternmq.spi.CorruptRecordException;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.QoS;

final class KeyspacesTest {
    /** Names that a client may have, hostile ones among them: no U+0000, no lone surrogates. */
    @Provide
    Arbitrary<String> names() {
        Arbitrary<String> short1 = Arbitraries.of(
                "a",
                "ab",
                "b",
                "\uFFFF",
                "\uD83D\uDE00",
                "é",
                "\u0001",
                "a\u0001",
                "_meta",
                "..",
                "a/b",
                "+",
                "#",
                "$x");
        return Combinators.combine(short1, Arbitraries.of("", "a", "\uE000", "\uD83D\uDE00", "zz"))
                .as((a, b) -> a + b);
    }

    @Property
    void numberedKeysSortAsTheirBytes(
            @ForAll("names") String a,
            @ForAll("names") String b,
            @ForAll("numbers") long m,
            @ForAll("numbers") long n) {
        checkOrder(Keyspaces.QUEUE, new NumberedKey(a, m), new NumberedKey(b, n));
        checkOrder(Keyspaces.INBOUND, new NumberedKey(a, m), new NumberedKey(b, n));
        checkOrder(Keyspaces.MESSAGES, m, n);
    }

    @Provide
    Arbitrary<Long> numbers() {
        return Arbitraries.oneOf(
                Arbitraries.longs().between(0, 300), Arbitraries.longs().between(0, Long.MAX_VALUE));
    }

    @Property
    void namedKeysSortAsTheirBytes(
            @ForAll("names") String a,
            @ForAll("names") String b,
            @ForAll("names") String x,
            @ForAll("names") String y) {
        checkOrder(Keyspaces.SUBSCRIPTIONS, new NamedKey(a, x), new NamedKey(b, y));
        checkOrder(Keyspaces.SESSIONS, a, b);
        checkOrder(Keyspaces.RETAINED, TopicName.ofValid(a + "/" + x), TopicName.ofValid(b + "/" + y));
    }

    private static <K> void checkOrder(Keyspace<K, ?> space, K one, K other) {
        byte[] a = space.keys().encode(one);
        byte[] b = space.keys().encode(other);
        assertThat(Integer.signum(Arrays.compareUnsigned(a, b)))
                .as("%s: %s and %s", space, one, other)
                .isEqualTo(Integer.signum(space.order().compare(one, other)));
        assertThat(space.keys().decode(a)).isEqualTo(one);
    }

    /** Threats 22: no client has a key in the range of another. */
    @Property
    void nobodysKeysLieAmongAnothers(@ForAll("names") String a, @ForAll("names") String b, @ForAll("numbers") long n) {
        if (!a.equals(b)) {
            NumberedKey key = new NumberedKey(b, n);
            boolean inside = Keyspaces.QUEUE.order().compare(new NumberedKey(a, 0), key) <= 0
                    && Keyspaces.QUEUE.order().compare(key, new NumberedKey(a, Long.MAX_VALUE)) < 0;
            assertThat(inside).isFalse();
        }
    }

    private static ApplicationMessage message(String topic, long expiresAt) {
        return new ApplicationMessage(
                TopicName.ofValid(topic),
                QoS.EXACTLY_ONCE,
                true,
                new byte[] {0, -1, 7},
                new byte[] {1, 1},
                expiresAt,
                "pub\u00e9");
    }

    @Test
    void valuesComeBackAndDamagedOnesAreRefused() {
        check(Keyspaces.META, 7L);
        check(Keyspaces.SESSIONS, new SessionRecord(0xFFFF_FFFFL, SessionRecord.CONNECTED, null));
        check(Keyspaces.SESSIONS, new SessionRecord(60, 1_700_000_000_000L, "ada"));
        check(Keyspaces.INBOUND, true);
        for (RetainHandling handling : RetainHandling.values()) {
            check(
                    Keyspaces.SUBSCRIPTIONS,
                    new SubscriptionRecord(QoS.AT_LEAST_ONCE, true, false, handling, 268_435_455));
        }
        check(
                Keyspaces.QUEUE,
                new QueueRecord(
                        9, null, QoS.EXACTLY_ONCE, true, new int[] {1, 268_435_455}, 65_535, true, "$share/g/a/#"));
        damaged(Keyspaces.MESSAGES, message("a/ä", 5));
        damaged(Keyspaces.RETAINED, message("a", ApplicationMessage.NEVER));
        damaged(
                Keyspaces.QUEUE,
                new QueueRecord(0, message("a", 5), QoS.AT_LEAST_ONCE, false, new int[0], 0, false, null));
        WillMessage will = new WillMessage(
                TopicName.ofValid("w"), QoS.AT_LEAST_ONCE, true, new byte[] {1}, PublishProperties.NONE, 30);
        ClientRecord client =
                new ClientRecord(Map.of("groups", "a\nb", "site", ""), new byte[] {127, 0, 0, 1}, 4711, "mqtt", 5);
        damaged(Keyspaces.WILLS, new WillRecord(will, 17, client));
        WillRecord back =
                Keyspaces.WILLS.values().decode(Keyspaces.WILLS.values().encode(new WillRecord(will, 17, client)));
        assertThat(back.client()).usingRecursiveComparison().isEqualTo(client);
        assertThat(back.dueAt()).isEqualTo(17);
        assertThat(back.will().topic()).isEqualTo(will.topic());
        assertThat(back.will().delayInterval()).isEqualTo(30);
    }

    @Test
    void messagesComeBackWhole() {
        ApplicationMessage message = message("a/ä", 123);
        ApplicationMessage back =
                Keyspaces.MESSAGES.values().decode(Keyspaces.MESSAGES.values().encode(message));
        assertThat(back.topic()).isEqualTo(message.topic());
        assertThat(back.qos()).isEqualTo(message.qos());
        assertThat(back.retain()).isTrue();
        assertThat(back.payload()).isEqualTo(message.payload());
        assertThat(back.properties()).isEqualTo(message.properties());
        assertThat(back.expiresAt()).isEqualTo(123);
        assertThat(back.publisher()).isEqualTo("pub\u00e9");
    }

    private static <V> void check(Keyspace<?, V> space, V value) {
        assertThat(space.values().decode(space.values().encode(value))).isEqualTo(value);
        damaged(space, value);
    }

    /** Cut anywhere, or with any bit turned: refused, and in no other way. */
    private static <V> void damaged(Keyspace<?, V> space, V value) {
        byte[] whole = space.values().encode(value);
        for (int cut = 0; cut < whole.length; cut++) {
            byte[] part = Arrays.copyOf(whole, cut);
            assertThatThrownBy(() -> space.values().decode(part)).isInstanceOf(CorruptRecordException.class);
        }
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] turned = whole.clone();
            turned[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> space.values().decode(turned)).isInstanceOf(CorruptRecordException.class);
        }
    }

    @Test
    void keysThatAreNoneAreRefused() {
        for (byte[] key : List.of(
                new byte[0], new byte[] {1}, new byte[8], new byte[] {(byte) 0xFF, 0, 1, 2, 3, 4, 5, 6, 7, 8})) {
            assertThatThrownBy(() -> Keyspaces.QUEUE.keys().decode(key)).isInstanceOf(CorruptRecordException.class);
        }
        assertThatThrownBy(() -> Keyspaces.SESSIONS.keys().decode(new byte[] {(byte) 0xC3}))
                .isInstanceOf(CorruptRecordException.class);
        assertThatThrownBy(() -> Keyspaces.SUBSCRIPTIONS.keys().decode(new byte[] {'a'}))
                .isInstanceOf(CorruptRecordException.class);
    }
}
