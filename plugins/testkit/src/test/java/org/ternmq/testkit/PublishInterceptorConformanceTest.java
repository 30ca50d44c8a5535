package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.Message;
import org.ternmq.spi.PublishInterceptor;
import org.ternmq.spi.PublishInterceptor.Verdict;
import org.ternmq.spi.QoS;

/** An interceptor that does it right passes; each that does something wrong fails the test that is there for it. */
final class PublishInterceptorConformanceTest {
    private static volatile PublishInterceptor underTest = PublishInterceptorConformanceTest::stamp;

    private static Verdict stamp(ClientInfo client, Message message) {
        return new Verdict.Replace(
                message.toBuilder().userProperty("from", client.clientId()).build());
    }

    @Nested
    final class Right extends PublishInterceptorConformance {
        @Override
        protected PublishInterceptor interceptor() {
            return PublishInterceptorConformanceTest::stamp;
        }
    }

    /** Run by hand, on the interceptor of the moment; its name keeps it from being run otherwise. */
    static final class KitRun extends PublishInterceptorConformance {
        @Override
        protected PublishInterceptor interceptor() {
            return underTest;
        }
    }

    @AfterEach
    void reset() {
        underTest = PublishInterceptorConformanceTest::stamp;
    }

    /** The names of the tests that an interceptor fails. */
    private static Set<String> failed(PublishInterceptor interceptor) {
        underTest = interceptor;
        Set<String> failed = new TreeSet<>();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(DiscoverySelectors.selectClass(KitRun.class))
                                .build(),
                        new TestExecutionListener() {
                            @Override
                            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                                if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                                    failed.add(test.getDisplayName().replace("()", ""));
                                }
                            }
                        });
        return failed;
    }

    @Test
    void findsNothingWrongWithWhatIsRight() {
        assertThat(failed(PublishInterceptorConformanceTest::stamp)).isEmpty();
        assertThat(failed((client, message) -> Verdict.pass())).isEmpty();
        assertThat(failed((client, message) -> new Verdict.Drop(0x99))).isEmpty();
    }

    @Test
    void findsOneThatBlocks() {
        assertThat(failed((client, message) -> {
                    LockSupport.parkNanos(200_000);
                    return Verdict.pass();
                }))
                .contains("doesNotBlock");
    }

    @Test
    void findsOneThatWantsAUserName() {
        assertThat(failed((client, message) -> {
                    client.username().orElseThrow();
                    return Verdict.pass();
                }))
                .containsExactly("takesMessagesOfClientsWithoutName");
    }

    @Test
    void findsOneThatChangesTheQos() {
        assertThat(failed((client, message) -> new Verdict.Replace(
                        message.toBuilder().qos(QoS.AT_MOST_ONCE).build())))
                .contains("takesEveryKindOfMessage", "bearsWhateverClientsPublish");
    }

    @Test
    void findsATopicThatIsNoTopic() {
        assertThat(failed((client, message) -> new Verdict.Replace(message.toBuilder()
                        .topic(client.clientId() + "/" + message.topic())
                        .build())))
                .as("a topic that becomes too long")
                .containsExactly("bearsWhateverClientsPublish");
        assertThat(failed((client, message) ->
                        new Verdict.Replace(message.toBuilder().topic("all/#").build())))
                .contains("takesEveryKindOfMessage");
    }

    @Test
    void findsACodeThatIsNone() {
        assertThat(failed((client, message) -> new Verdict.Drop(0x42))).contains("takesEveryKindOfMessage");
    }

    @Test
    @SuppressWarnings("NullAway") // it is what it is about
    void findsOneThatSaysNothing() {
        assertThat(failed((client, message) -> null)).contains("takesEveryKindOfMessage");
    }

    @Test
    void findsOneThatTakesPayloadsForText() {
        assertThat(failed((client, message) -> {
                    try {
                        StandardCharsets.UTF_8.newDecoder().decode(message.payload());
                    } catch (java.nio.charset.CharacterCodingException e) {
                        throw new IllegalArgumentException(e);
                    }
                    return Verdict.pass();
                }))
                .containsExactly("bearsPayloadsOfAnyBytes");
    }

    /** A field where a local variable should be. */
    private static final class Forgetful implements PublishInterceptor {
        private volatile Message last = Message.builder("none").build();

        @Override
        public Verdict onPublish(ClientInfo client, Message message) {
            last = message.toBuilder().userProperty("from", client.clientId()).build();
            Thread.yield();
            return new Verdict.Replace(last);
        }
    }

    @Test
    void findsOneThatMixesUpWhatIsAskedAtOnce() {
        assertThat(failed(new Forgetful())).contains("keepsApartWhatIsAskedAtOnce");
    }

    @Test
    void findsOneThatCannotBeClosedTwice() {
        PublishInterceptor once = new PublishInterceptor() {
            private boolean closed;

            @Override
            public Verdict onPublish(ClientInfo client, Message message) {
                return Verdict.pass();
            }

            @Override
            public void close() {
                if (closed) {
                    throw new IllegalStateException("closed twice");
                }
                closed = true;
            }
        };
        assertThat(failed(once)).contains("bearsBeingClosedTwice");
    }
}
