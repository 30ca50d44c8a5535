package org.ternmq.broker.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.broker.observe.LoopWatch;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.security.Authentication.Named;
import org.ternmq.broker.security.Conversation.Outcome;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.Credentials;
import org.ternmq.spi.EnhancedAuthenticator;

/** Challenge and response with a plugin that may be as wrong as it likes (MQTT 5.0, 4.12). */
@Timeout(30)
final class ConversationTest {
    private final Metrics metrics = new Metrics();
    private final CountDownLatch closed = new CountDownLatch(1);
    private Authentication authentication = serving(Riddle::new);

    /** Asks "2+2", takes "4". */
    private class Riddle implements EnhancedAuthenticator.Exchange {
        private boolean asked;

        @Override
        public EnhancedAuthenticator.Step next(Optional<ByteBuffer> data) throws Exception {
            if (!asked) {
                asked = true;
                return new EnhancedAuthenticator.Step.Challenge(bytes("2+2"));
            }
            return data.equals(Optional.of(bytes("4")))
                    ? new EnhancedAuthenticator.Step.Accepted(
                            "ada", Map.of("a", "b"), Optional.of(bytes("well done")), Optional.of(Instant.EPOCH))
                    : new EnhancedAuthenticator.Step.Rejected("wrong", Optional.of("eve"));
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private Authentication serving(Supplier<EnhancedAuthenticator.Exchange> exchanges, Authorizer... authorizers) {
        EnhancedAuthenticator riddles = new EnhancedAuthenticator() {
            @Override
            public String method() {
                return "RIDDLE";
            }

            @Override
            public Exchange begin(Credentials credentials) {
                return exchanges.get();
            }
        };
        return new Authentication(
                List.of(),
                Map.of("RIDDLE", new Named<>("riddles", riddles)),
                Stream.of(authorizers).map(a -> new Named<>("rules", a)).toList(),
                false,
                true,
                Duration.ofMillis(300),
                metrics,
                new LoopWatch(metrics));
    }

    private void serve(Supplier<EnhancedAuthenticator.Exchange> exchanges) {
        authentication.close();
        authentication = serving(exchanges);
    }

    @AfterEach
    void close() {
        authentication.close();
    }

    private Conversation begin(byte @Nullable [] password) {
        return authentication
                .converse(
                        "RIDDLE",
                        new ConnectCredentials(
                                "client",
                                null,
                                password,
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                                "mqtt",
                                null,
                                null,
                                MqttVersion.V5_0))
                .orElseThrow();
    }

    private static Outcome next(Conversation conversation, @Nullable String data) throws Exception {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        conversation.next(data == null ? null : data.getBytes(StandardCharsets.UTF_8), outcome::complete);
        return outcome.get(20, TimeUnit.SECONDS);
    }

    @Test
    void theNameThatWasProvenIsTheClients() throws Exception {
        byte[] password = {1, 2, 3};
        Conversation conversation = begin(password);
        Outcome first = next(conversation, null);
        assertThat(first).isInstanceOf(Outcome.Challenge.class);
        assertThat(((Outcome.Challenge) first).data()).asString().isEqualTo("2+2");
        assertThat(closed.getCount()).isEqualTo(1);
        Outcome second = next(conversation, "4");
        assertThat(second).isInstanceOf(Outcome.Accepted.class);
        Outcome.Accepted accepted = (Outcome.Accepted) second;
        assertThat(accepted.client().info().username()).contains("ada");
        assertThat(accepted.client().info().attributes()).containsEntry("a", "b");
        assertThat(accepted.data()).asString().isEqualTo("well done");
        assertThat(accepted.validUntil()).contains(Instant.EPOCH);
        assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(password).as("wiped").containsOnly(0);
    }

    /** A conversation ends with whom it began; only then is that one empty. The method may be another one. */
    @Test
    void anAuthenticatorThatIsReplacedFinishesWhatItBegan() throws Exception {
        Conversation conversation = begin(null);
        next(conversation, null);
        Asked<EnhancedAuthenticator> old =
                authentication.replaceEnhanced("riddles", "OTHER", new EnhancedAuthenticator() {
                    @Override
                    public String method() {
                        return "OTHER";
                    }

                    @Override
                    public Exchange begin(Credentials credentials) {
                        throw new IllegalStateException("not asked here");
                    }
                });
        assertThat(authentication.servedBy("RIDDLE")).isEmpty();
        assertThat(authentication.servedBy("OTHER")).contains("riddles");
        assertThat(old.drain(Duration.ofMillis(20))).isFalse();
        assertThat(next(conversation, "4")).isInstanceOf(Outcome.Accepted.class);
        assertThat(old.drain(Duration.ofSeconds(20))).isTrue();
    }

    @Test
    void aWrongAnswerIsRefused() throws Exception {
        Conversation conversation = begin(null);
        next(conversation, null);
        assertThat(next(conversation, "5"))
                .isEqualTo(new Outcome.Refused(ReasonCode.NOT_AUTHORIZED, "wrong", Optional.of("eve")));
        assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aMethodThatNobodyServesBeginsNothing() {
        assertThat(authentication.converse(
                        "riddle",
                        new ConnectCredentials(
                                "client",
                                null,
                                null,
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                                "mqtt",
                                null,
                                null,
                                MqttVersion.V5_0)))
                .isEmpty();
    }

    /** The exchange came back in good order: that there are no rules for its client is no fault of it. */
    @Test
    void rulesThatCannotBeHadRefuseAndEndTheExchange() throws Exception {
        authentication.close();
        authentication = serving(Riddle::new, client -> {
            throw new IllegalStateException("no rules");
        });
        Conversation conversation = begin(null);
        next(conversation, null);
        assertThat(next(conversation, "4"))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.reasonCode()).isEqualTo(ReasonCode.SERVER_UNAVAILABLE));
        assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aUserWhoIsRevokedDuringAnExchangeIsRevoked() throws Exception {
        Conversation conversation = begin(null);
        next(conversation, null);
        authentication.revoke("riddles", Set.of("ada"), false);
        Client late = ((Outcome.Accepted) next(conversation, "4")).client();
        assertThat(authentication.standing(late)).isEqualTo(Standing.REVOKED);
        conversation = begin(null);
        next(conversation, null);
        Client again = ((Outcome.Accepted) next(conversation, "4")).client();
        assertThat(authentication.standing(again)).isEqualTo(Standing.GOOD);
        authentication.revoke("riddles", Set.of("ada"), true);
        assertThat(authentication.standing(again)).isEqualTo(Standing.SESSION_REVOKED);
    }

    @Test
    void aClientThatLeavesEndsTheExchange() throws Exception {
        Conversation conversation = begin(null);
        next(conversation, null);
        conversation.abandon();
        assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aClientThatLeavesDuringAStepEndsTheExchangeBehindIt() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        serve(() -> new Riddle() {
            @Override
            public EnhancedAuthenticator.Step next(Optional<ByteBuffer> data) throws Exception {
                inside.countDown();
                goOn.await();
                return super.next(data);
            }
        });
        Conversation conversation = begin(null);
        conversation.next(null, outcome -> {});
        inside.await();
        conversation.abandon();
        assertThat(closed.getCount()).as("one thread at a time").isEqualTo(1);
        goOn.countDown();
        assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"throws", "hangs", "answers null", "lacks a class", "is none"})
    @SuppressWarnings("NullAway") // a plugin may be as wrong as this
    void aBrokenExchangeRefuses(String how) throws Exception {
        serve(() -> how.equals("is none")
                ? null
                : data -> switch (how) {
                    case "throws" -> throw new IllegalStateException("broken");
                    case "lacks a class" -> throw new NoClassDefFoundError("missing/Type");
                    case "hangs" -> {
                        new CountDownLatch(1).await();
                        yield null;
                    }
                    default -> null;
                });
        Outcome outcome = next(begin(null), "x");
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        assertThat(((Outcome.Refused) outcome).reasonCode()).isEqualTo(ReasonCode.SERVER_UNAVAILABLE);
        assertThat(metrics.pluginFailures()).isEqualTo(1);
    }
}
