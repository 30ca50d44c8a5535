package org.ternmq.broker.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.ternmq.broker.observe.LoopWatch;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.security.Authentication.Named;
import org.ternmq.broker.security.Authentication.Outcome;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

@Timeout(30)
final class AuthenticationTest {
    private final Metrics metrics = new Metrics();

    private Authentication chain(boolean anonymous, List<Authenticator> authenticators, List<Authorizer> authorizers) {
        return new Authentication(
                authenticators.stream()
                        .map(a -> new Named<>("authenticator", a))
                        .toList(),
                Map.of(),
                authorizers.stream().map(a -> new Named<>("authorizer", a)).toList(),
                anonymous,
                true,
                Duration.ofMillis(300),
                metrics,
                new LoopWatch(metrics));
    }

    private static ConnectCredentials credentials(@Nullable String user, byte @Nullable [] password) {
        return new ConnectCredentials(
                "client",
                user,
                password,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                "mqtt",
                null,
                null,
                MqttVersion.V5_0);
    }

    @Test
    void aUserWhomTheCertificateProvesIsInUnderThatNameAndNobodyIsAsked() throws Exception {
        ConnectCredentials proven = new ConnectCredentials(
                "client",
                null,
                null,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                "mqtt",
                null,
                "ada",
                MqttVersion.V5_0);
        try (Authentication chain = chain(false, List.of(credentials -> AuthResult.rejected("never")), List.of())) {
            Outcome outcome = ask(chain, proven);
            assertThat(outcome).isInstanceOf(Outcome.Accepted.class);
            assertThat(((Outcome.Accepted) outcome).client().info().username()).contains("ada");
        }
        try (Authentication chain = chain(false, List.of(), List.of())) {
            assertThat(refusal(askAs(chain, "ada"))).as("a name alone").isEqualTo(ReasonCode.NOT_AUTHORIZED);
        }
    }

    private static Outcome ask(Authentication authentication, ConnectCredentials credentials) throws Exception {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        authentication.authenticate(credentials, outcome::complete);
        return outcome.get(20, TimeUnit.SECONDS);
    }

    private static Outcome askAs(Authentication authentication, @Nullable String user) throws Exception {
        return ask(authentication, credentials(user, user == null ? null : "secret".getBytes(StandardCharsets.UTF_8)));
    }

    private static ReasonCode refusal(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused) outcome).reasonCode();
    }

    /** Whatever goes wrong in a plugin refuses this client, and asks nobody else. Threats 13, 20, 21. */
    static Stream<Authenticator> broken() {
        return Stream.of(
                credentials -> {
                    throw new IllegalStateException("broken");
                },
                credentials -> {
                    throw new Exception("checked");
                },
                credentials -> {
                    throw new NoClassDefFoundError("missing/Type");
                },
                AuthenticationTest::nothing,
                credentials -> {
                    new CountDownLatch(1).await();
                    return AuthResult.accepted();
                });
    }

    @SuppressWarnings({"NullAway", "unused"}) // a plugin may be as wrong as this
    private static AuthResult nothing(Object credentials) {
        return null;
    }

    @ParameterizedTest
    @MethodSource
    void broken(Authenticator broken) throws Exception {
        try (Authentication chain = chain(true, List.of(broken, credentials -> AuthResult.accepted()), List.of())) {
            assertThat(refusal(askAs(chain, "ada"))).isEqualTo(ReasonCode.SERVER_UNAVAILABLE);
            assertThat(metrics.pluginFailures()).isEqualTo(1);
            assertThat(askAs(chain, null)).as("others are served").isInstanceOf(Outcome.Accepted.class);
        }
    }

    @Test
    void whoHasGoneIsNotAskedAbout() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        Authenticator counts = credentials -> {
            asked.incrementAndGet();
            return AuthResult.accepted();
        };
        try (Authentication chain = chain(true, List.of(counts), List.of())) {
            ConnectCredentials gone = credentials("ada", new byte[] {1});
            gone.abandon();
            assertThat(ask(chain, gone)).isInstanceOf(Outcome.Refused.class);
            assertThat(gone.password().orElseThrow().get(0)).as("wiped").isZero();
            assertThat(asked).hasValue(0);
            assertThat(askAs(chain, "ada")).isInstanceOf(Outcome.Accepted.class);
            assertThat(asked).hasValue(1);
        }
    }

    /** One that waits, for a server that hangs, keeps nobody else waiting: not even when every worker asked it. */
    @Test
    void aPluginThatWaitsHoldsNobodyUp() throws Exception {
        CountDownLatch hangs = new CountDownLatch(1);
        Authenticator slow = credentials -> {
            if (credentials.username().equals(Optional.of("ada"))) {
                return AuthResult.accepted();
            }
            hangs.await();
            return AuthResult.rejected("at last");
        };
        try (Authentication chain = new Authentication(
                List.of(new Named<>("slow", slow)),
                Map.of(),
                List.of(),
                false,
                true,
                Duration.ofSeconds(25),
                metrics,
                new LoopWatch(metrics))) {
            List<CompletableFuture<Outcome>> waiting = new ArrayList<>();
            for (int i = 0; i < 4 * Runtime.getRuntime().availableProcessors(); i++) {
                CompletableFuture<Outcome> outcome = new CompletableFuture<>();
                chain.authenticate(credentials("bob", new byte[1]), outcome::complete);
                waiting.add(outcome);
            }
            assertThat(askAs(chain, "ada")).isInstanceOf(Outcome.Accepted.class);
            assertThat(waiting).as("they still wait").noneMatch(CompletableFuture::isDone);
            hangs.countDown();
            for (CompletableFuture<Outcome> each : waiting) {
                assertThat(refusal(each.get(20, TimeUnit.SECONDS))).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
            }
            assertThat(askAs(chain, "ada"))
                    .as("with no more workers than at first")
                    .isInstanceOf(Outcome.Accepted.class);
        }
    }

    @Test
    void theFirstThatDoesNotAbstainDecides() throws Exception {
        Authenticator abstains = credentials -> AuthResult.abstained();
        Authenticator rejects = credentials -> AuthResult.rejected("no");
        Authenticator accepts = credentials -> new AuthResult.Accepted(Map.of("group", "staff"));
        try (Authentication chain = chain(false, List.of(abstains, accepts, rejects), List.of())) {
            Outcome outcome = askAs(chain, "ada");
            assertThat(outcome).isInstanceOf(Outcome.Accepted.class);
            assertThat(((Outcome.Accepted) outcome).client().info().attributes())
                    .containsEntry("group", "staff");
        }
        try (Authentication chain = chain(false, List.of(abstains, rejects, accepts), List.of())) {
            assertThat(refusal(askAs(chain, "ada"))).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
        }
        try (Authentication chain = chain(true, List.of(abstains, abstains), List.of())) {
            assertThat(refusal(askAs(chain, "ada"))).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
        }
    }

    @Test
    void anAuthenticatorCanNameTheUserAndSayUntilWhen() throws Exception {
        Instant end = Instant.parse("2026-01-01T00:00:00Z");
        Authenticator accepts =
                credentials -> new AuthResult.Accepted(Map.of(), Optional.of("grace"), Optional.of(end));
        try (Authentication chain = chain(false, List.of(accepts), List.of())) {
            Outcome.Accepted accepted = (Outcome.Accepted) askAs(chain, "ada");
            assertThat(accepted.client().info().username()).contains("grace");
            assertThat(accepted.validUntil()).contains(end);
        }
        try (Authentication chain = chain(false, List.of(credentials -> AuthResult.accepted()), List.of())) {
            Outcome.Accepted accepted = (Outcome.Accepted) askAs(chain, "ada");
            assertThat(accepted.client().info().username()).contains("ada");
            assertThat(accepted.validUntil()).isEmpty();
        }
    }

    @Test
    void anonymousClientsComeInOnlyWhereThatIsAllowed() throws Exception {
        try (Authentication open = chain(true, List.of(), List.of())) {
            assertThat(askAs(open, null)).isInstanceOf(Outcome.Accepted.class);
            Outcome claimed = askAs(open, "admin");
            assertThat(claimed).isInstanceOf(Outcome.Accepted.class);
            assertThat(((Outcome.Accepted) claimed).client().info().username())
                    .as("a name that nobody checked is no user name for access rules")
                    .isEmpty();
        }
        try (Authentication closed = chain(false, List.of(), List.of())) {
            assertThat(refusal(askAs(closed, null))).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            assertThat(refusal(askAs(closed, "ada"))).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        }
        try (Authentication users = chain(false, List.of(credentials -> AuthResult.abstained()), List.of())) {
            assertThat(refusal(askAs(users, null))).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        }
    }

    @Test
    void rulesThatCannotBeHadRefuseAndAfterAChangeDenyEverything() throws Exception {
        Authorizer broken = client -> {
            throw new IllegalStateException("no rules");
        };
        try (Authentication chain = chain(true, List.of(), List.of(broken))) {
            assertThat(refusal(askAs(chain, null))).isEqualTo(ReasonCode.SERVER_UNAVAILABLE);
        }
        try (Authentication first = chain(true, List.of(), List.of());
                Authentication chain = chain(true, List.of(), List.of(broken))) {
            Client client = ((Outcome.Accepted) askAs(first, null)).client();
            CompletableFuture<Permissions> refreshed = new CompletableFuture<>();
            chain.refresh(client.info(), refreshed::complete);
            Permissions none = refreshed.get(20, TimeUnit.SECONDS);
            assertThat(none.mayPublish(TopicName.ofValid("a"), QoS.AT_MOST_ONCE, false))
                    .isFalse();
            assertThat(none.maySubscribe(TopicFilter.parse("a"), QoS.AT_MOST_ONCE))
                    .isFalse();
        }
    }

    /** Rules that cannot even say whether they want to see deliveries are no rules. */
    @Test
    void rulesThatThrowWhenTheyAreMadeRefuseAndAreCounted() throws Exception {
        Authorizer broken = client -> new AccessRules() {
            @Override
            public Decision publish(String topic, QoS qos, boolean retain) {
                return Decision.ALLOW;
            }

            @Override
            public Decision subscribe(TopicFilter filter, QoS qos) {
                return Decision.ALLOW;
            }

            @Override
            public boolean checksDeliveries() {
                throw new IllegalStateException("broken");
            }
        };
        try (Authentication chain = chain(true, List.of(), List.of(broken))) {
            assertThat(refusal(askAs(chain, null))).isEqualTo(ReasonCode.SERVER_UNAVAILABLE);
        }
        assertThat(metrics.pluginFailures()).isEqualTo(1);
    }

    @Test
    void whoeverWasLetInByAnotherStaysWhenAUserIsRevoked() throws Exception {
        Authenticator abstains = credentials -> AuthResult.abstained();
        Authenticator accepts = credentials -> AuthResult.accepted();
        try (Authentication chain = new Authentication(
                List.of(new Named<>("first", abstains), new Named<>("second", accepts)),
                Map.of(),
                List.of(),
                true,
                true,
                Duration.ofSeconds(20),
                metrics,
                new LoopWatch(metrics))) {
            Client ada = ((Outcome.Accepted) askAs(chain, "ada")).client();
            Client nobody = ((Outcome.Accepted) askAs(chain, null)).client();
            chain.revoke("first", Set.of("ada"), false);
            chain.revoke("second", Set.of("bob"), false);
            assertThat(chain.standing(ada)).isEqualTo(Standing.GOOD);
            chain.revoke("second", Set.of("ada"), false);
            assertThat(chain.standing(ada)).isEqualTo(Standing.REVOKED);
            assertThat(chain.standing(nobody)).isEqualTo(Standing.GOOD);
            assertThat(chain.standing(((Outcome.Accepted) askAs(chain, "ada")).client()))
                    .as("who comes in after it is known")
                    .isEqualTo(Standing.GOOD);
        }
    }

    @Test
    void aChangeForManyClientsReachesEachOfThem() throws Exception {
        int many = 12_000; // more than may wait at the door
        try (Authentication chain = chain(true, List.of(), List.of(client -> rules(Decision.ALLOW)))) {
            Client client = ((Outcome.Accepted) askAs(chain, null)).client();
            AtomicInteger allowed = new AtomicInteger();
            CountDownLatch answered = new CountDownLatch(many);
            for (int i = 0; i < many; i++) {
                chain.refresh(client.info(), fresh -> {
                    if (fresh.mayPublish(TopicName.ofValid("a"), QoS.AT_MOST_ONCE, false)) {
                        allowed.incrementAndGet();
                    }
                    answered.countDown();
                });
            }
            assertThat(answered.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(allowed.get()).isEqualTo(many);
        }
    }

    @Test
    void rulesThatWereAskedForBeforeAChangeAreToldFromNewOnes() throws Exception {
        try (Authentication chain = chain(true, List.of(), List.of(client -> rules(Decision.ALLOW)))) {
            Client client = ((Outcome.Accepted) askAs(chain, null)).client();
            assertThat(chain.isCurrent(client.permissions())).isTrue();
            chain.rulesChanged();
            assertThat(chain.isCurrent(client.permissions())).isFalse();
            CompletableFuture<Permissions> refreshed = new CompletableFuture<>();
            chain.refresh(client.info(), refreshed::complete);
            Permissions fresh = refreshed.get(20, TimeUnit.SECONDS);
            assertThat(chain.isCurrent(fresh)).isTrue();
            assertThat(fresh.isNewerThan(client.permissions())).isTrue();
            assertThat(client.permissions().isNewerThan(fresh)).isFalse();
        }
    }

    /** A change while the authorizer answers: it may or may not know of it. */
    @Test
    void rulesThatWereFetchedDuringAChangeAreNotCurrent() throws Exception {
        AtomicReference<Runnable> change = new AtomicReference<>(() -> {});
        Authorizer changing = client -> {
            change.get().run();
            return rules(Decision.ALLOW);
        };
        try (Authentication chain = chain(true, List.of(), List.of(changing))) {
            change.set(chain::rulesChanged);
            Client client = ((Outcome.Accepted) askAs(chain, null)).client();
            assertThat(chain.isCurrent(client.permissions())).isFalse();
        }
    }

    @Test
    void thePasswordIsWiped() throws Exception {
        byte[] password = "secret".getBytes(StandardCharsets.UTF_8);
        try (Authentication chain = chain(false, List.of(credentials -> AuthResult.accepted()), List.of())) {
            assertThat(ask(chain, credentials("ada", password))).isInstanceOf(Outcome.Accepted.class);
        }
        assertThat(password).containsOnly(0);
    }

    @Test
    void reloadGoesOnBehindOneThatFails() {
        CountDownLatch reloaded = new CountDownLatch(1);
        Authenticator broken = new Authenticator() {
            @Override
            public AuthResult authenticate(org.ternmq.spi.Credentials credentials) {
                return AuthResult.abstained();
            }

            @Override
            public void reload() {
                throw new IllegalStateException("bad file");
            }
        };
        Authenticator good = new Authenticator() {
            @Override
            public AuthResult authenticate(org.ternmq.spi.Credentials credentials) {
                return AuthResult.abstained();
            }

            @Override
            public void reload() {
                reloaded.countDown();
            }
        };
        try (Authentication chain = chain(false, List.of(broken, good), List.of())) {
            assertThat(chain.reload()).isFalse();
            assertThat(reloaded.getCount()).isZero();
        }
    }

    private static AccessRules rules(Decision decision) {
        return new AccessRules() {
            @Override
            public Decision publish(String topic, QoS qos, boolean retain) {
                return decision;
            }

            @Override
            public Decision subscribe(TopicFilter filter, QoS qos) {
                return decision;
            }
        };
    }

    @Test
    void permissionsAskInOrderAndDenyInDoubt() {
        TopicName topic = TopicName.ofValid("a");
        Permissions allowed = PermissionsTest.of(
                false, metrics, rules(Decision.ABSTAIN), rules(Decision.ALLOW), rules(Decision.DENY));
        assertThat(allowed.mayPublish(topic, QoS.AT_LEAST_ONCE, false)).isTrue();
        assertThat(allowed.mayPublish(TopicName.ofValid("$SYS/a"), QoS.AT_LEAST_ONCE, false))
                .isFalse();
        assertThat(PermissionsTest.of(false, metrics, rules(Decision.ABSTAIN))
                        .maySubscribe(TopicFilter.parse("a"), QoS.AT_MOST_ONCE))
                .isFalse();
        AccessRules broken = new AccessRules() {
            @Override
            public Decision publish(String name, QoS qos, boolean retain) {
                throw new IllegalStateException("broken");
            }

            @Override
            public Decision subscribe(TopicFilter filter, QoS qos) {
                throw new NoSuchMethodError("old");
            }
        };
        Permissions doubtful = PermissionsTest.of(true, metrics, broken, rules(Decision.ALLOW));
        assertThat(doubtful.mayPublish(topic, QoS.AT_MOST_ONCE, false)).isFalse();
        assertThat(doubtful.maySubscribe(TopicFilter.parse("a"), QoS.AT_MOST_ONCE))
                .isFalse();
        assertThat(metrics.pluginFailures()).isEqualTo(2);
    }

    /** Who came in before is answered by the old one, who comes after by the new one, and the old one is empty then. */
    @Test
    void oneInPlaceOfAnotherWaitsForThoseWhoAreIn() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Authenticator old = credentials -> {
            entered.countDown();
            go.await();
            return AuthResult.accepted();
        };
        try (Authentication chain = new Authentication(
                List.of(new Named<>("door", old)),
                Map.of(),
                List.of(),
                false,
                true,
                Duration.ofSeconds(20),
                metrics,
                new LoopWatch(metrics))) {
            CompletableFuture<Outcome> early = new CompletableFuture<>();
            chain.authenticate(credentials("ada", new byte[1]), early::complete);
            entered.await();
            Asked<Authenticator> replaced =
                    chain.replaceAuthenticator("door", credentials -> AuthResult.rejected("new"));
            assertThat(replaced.plugin()).isSameAs(old);
            assertThat(refusal(askAs(chain, "ada"))).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
            assertThat(replaced.drain(Duration.ofMillis(20)))
                    .as("somebody is in")
                    .isFalse();
            assertThat(replaced.begin()).as("nobody comes in any more").isFalse();
            go.countDown();
            assertThat(early.get(20, TimeUnit.SECONDS)).isInstanceOf(Outcome.Accepted.class);
            assertThat(replaced.drain(Duration.ofSeconds(20))).isTrue();
        }
    }

    /** The threads that ask plugins live on: none may keep the class loader of one that is gone. */
    @Test
    void aWorkerHasThePluginsContextClassLoaderForTheCallOnly() throws Exception {
        AtomicReference<@Nullable Thread> worker = new AtomicReference<>();
        AtomicReference<@Nullable ClassLoader> during = new AtomicReference<>();
        Authenticator authenticator = credentials -> {
            worker.set(Thread.currentThread());
            during.set(Thread.currentThread().getContextClassLoader());
            return AuthResult.accepted();
        };
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        ClassLoader other = new ClassLoader(before) {};
        try (Authentication chain = chain(false, List.of(authenticator), List.of())) {
            Thread.currentThread().setContextClassLoader(other); // inherited by threads made now
            askAs(chain, "ada");
            Thread thread = worker.get();
            assertThat(thread).isNotNull();
            assertThat(during.get()).isSameAs(AuthenticationTest.class.getClassLoader());
            org.awaitility.Awaitility.await().until(() -> thread.getContextClassLoader() == other || !thread.isAlive());
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    /** An authorizer whose rules cannot even say whether they want to see deliveries denies, as after a change. */
    @Test
    void rulesThatThrowWhereTheyAreFetchedAreNotOld() throws Exception {
        AccessRules broken = new AccessRules() {
            @Override
            public Decision publish(String name, QoS qos, boolean retain) {
                return Decision.ALLOW;
            }

            @Override
            public Decision subscribe(TopicFilter filter, QoS qos) {
                return Decision.ALLOW;
            }

            @Override
            public boolean checksDeliveries() {
                throw new IllegalStateException("broken");
            }
        };
        AtomicReference<AccessRules> given = new AtomicReference<>(rules(Decision.ALLOW));
        try (Authentication chain =
                chain(false, List.of(credentials -> AuthResult.accepted()), List.of(client -> given.get()))) {
            Client client = ((Outcome.Accepted) askAs(chain, "ada")).client();
            given.set(broken);
            CompletableFuture<Permissions> fresh = new CompletableFuture<>();
            chain.refresh(client.info(), fresh::complete);
            assertThat(fresh.get(20, TimeUnit.SECONDS).mayPublish(TopicName.ofValid("a"), QoS.AT_MOST_ONCE, false))
                    .isFalse();
        }
    }
}
