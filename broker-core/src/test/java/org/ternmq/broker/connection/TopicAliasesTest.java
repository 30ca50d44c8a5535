package org.ternmq.broker.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.protocol.DisconnectException;
import org.ternmq.broker.protocol.Packet.Publish;
import org.ternmq.broker.protocol.PublishProperties;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.spi.QoS;

final class TopicAliasesTest {
    private static final TopicName A = TopicName.ofValid("a/topic");
    private static final TopicName B = TopicName.ofValid("b/topic");

    private final TopicAliases aliases = new TopicAliases(2);

    private static Publish publish(@Nullable TopicName topic, int alias) {
        return new Publish(topic, QoS.AT_MOST_ONCE, false, false, 0, alias, new byte[0], PublishProperties.NONE);
    }

    private static void refused(ReasonCode reasonCode, ThrowingCallable call) {
        assertThatExceptionOfType(DisconnectException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.reasonCode()).isEqualTo(reasonCode));
    }

    @Test
    @Mqtt5("3.3.2-12")
    void anAliasStandsForItsTopicUntilItIsSetAnew() {
        assertThat(aliases.resolve(publish(A, 1))).isSameAs(A);
        assertThat(aliases.resolve(publish(B, 2))).isSameAs(B);
        assertThat(aliases.resolve(publish(null, 1))).isSameAs(A);
        assertThat(aliases.resolve(publish(B, 1))).isSameAs(B);
        assertThat(aliases.resolve(publish(null, 1))).isSameAs(B);
        assertThat(aliases.resolve(publish(null, 2))).isSameAs(B);
    }

    @Test
    @Mqtt5({"3.2.2-17", "3.2.2-18", "3.3.2-9"})
    void anAliasAboveTheMaximumIsRefused() {
        assertThat(aliases.resolve(publish(A, 2))).isSameAs(A);
        refused(ReasonCode.TOPIC_ALIAS_INVALID, () -> aliases.resolve(publish(A, 3)));
        refused(ReasonCode.TOPIC_ALIAS_INVALID, () -> aliases.resolve(publish(null, 65_535)));
        refused(ReasonCode.TOPIC_ALIAS_INVALID, () -> new TopicAliases(0).resolve(publish(A, 1)));
    }

    @Test
    void anAliasThatWasNeverSetIsAProtocolError() {
        refused(ReasonCode.PROTOCOL_ERROR, () -> aliases.resolve(publish(null, 1)));
        aliases.resolve(publish(A, 1));
        refused(ReasonCode.PROTOCOL_ERROR, () -> aliases.resolve(publish(null, 2)));
    }

    @Test
    @Mqtt5({"3.1.2-26", "3.1.2-27"})
    void theClientsMaximumBoundsWhatIsIntroduced() {
        assertThat(aliases.inUse()).isFalse();
        assertThat(aliases.next()).isZero();
        aliases.outboundMaximum(1);
        assertThat(aliases.inUse()).isTrue();
        assertThat(aliases.known(A)).isZero();
        assertThat(aliases.next()).isEqualTo(1);
        assertThat(aliases.next()).as("not used before it was introduced").isEqualTo(1);
        aliases.introduced(A, 1);
        assertThat(aliases.known(A)).isEqualTo(1);
        assertThat(aliases.known(B)).isZero();
        assertThat(aliases.next()).as("none is free").isZero();
    }
}
