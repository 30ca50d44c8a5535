package org.ternmq.auth.ldap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.AuthResult.Abstained;
import org.ternmq.spi.AuthResult.Accepted;
import org.ternmq.spi.AuthResult.Rejected;
import org.ternmq.spi.Authenticator;
import org.ternmq.testkit.AuthenticatorConformance;
import org.ternmq.testkit.TestCredentials;
import org.ternmq.testkit.TestPluginContext;

/** By search and bind; what differs when users bind right away is in tests of its own. */
@Timeout(60)
final class LdapAuthenticatorTest extends AuthenticatorConformance {
    @TempDir
    Path folder = Path.of("");

    private final List<AutoCloseable> toClose = new ArrayList<>();
    private @Nullable TestDirectory directory;

    private TestDirectory directory() {
        return Objects.requireNonNull(directory);
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : toClose) {
            each.close();
        }
    }

    private Map<String, Object> searching() {
        Map<String, Object> search = new HashMap<>(Map.of(
                "base",
                "dc=example,dc=org",
                "bind-dn",
                TestDirectory.SERVICE,
                "bind-password",
                TestDirectory.SERVICE_PASSWORD));
        return new HashMap<>(Map.of("url", directory().url(), "search", search, "unknown-user", "abstain"));
    }

    private Map<String, Object> binding() {
        return new HashMap<>(Map.of("url", directory().url(), "user-dn", "uid={username},ou=people,dc=example,dc=org"));
    }

    private TestPluginContext context(Map<String, ?> settings) {
        TestPluginContext context = new TestPluginContext("directory", folder, settings);
        toClose.add(context);
        return context;
    }

    private Authenticator of(Map<String, ?> settings) {
        Authenticator authenticator = new LdapAuthenticatorFactory().create(context(settings));
        toClose.add(authenticator);
        return authenticator;
    }

    @Override
    protected Authenticator authenticator() throws Exception {
        TestDirectory made = TestDirectory.plain();
        toClose.add(made);
        directory = made;
        return new LdapAuthenticatorFactory().create(context(searching()));
    }

    @Override
    protected TestCredentials good() {
        return TestCredentials.of("ada", "correct horse");
    }

    private static AuthResult ask(Authenticator authenticator, String user, String password) throws Exception {
        return authenticator.authenticate(TestCredentials.of(user, password));
    }

    private static Map<String, String> attributes(AuthResult result) {
        assertThat(result).isInstanceOf(Accepted.class);
        return ((Accepted) result).attributes();
    }

    @Test
    void bindsRightAway() throws Exception {
        Authenticator direct = of(binding());
        assertThat(ask(direct, "ada", "correct horse")).isInstanceOf(Accepted.class);
        assertThat(ask(direct, "ada", "wrong horse")).isInstanceOf(Rejected.class);
        assertThat(ask(direct, "mallory", "correct horse")).isInstanceOfAny(Rejected.class, Abstained.class);
    }

    @Test
    void namesAreDataInADn() throws Exception { // RFC 4514
        Authenticator direct = of(binding());
        assertThat(ask(direct, "a,b+c=d\\\"<>;#e", "commas")).isInstanceOf(Accepted.class);
        for (String name : List.of(
                "ada,ou=people",
                "ada+uid=bob",
                "ada,ou=people,dc=example,dc=org",
                "\\61da",
                "ada\\",
                "#04",
                "{username}")) {
            assertThat(ask(direct, name, "correct horse")).as(name).isInstanceOfAny(Rejected.class, Abstained.class);
        }
    }

    @Test
    void namesAreDataInAFilter() throws Exception { // RFC 4515
        Authenticator searching = of(searching());
        assertThat(ask(searching, "a,b+c=d\\\"<>;#e", "commas")).isInstanceOf(Accepted.class);
        for (String name : List.of(
                "*",
                "a*",
                "ad*",
                "*)(uid=*",
                "ada)(objectClass=*",
                "ada)(|(uid=*",
                "\\61da",
                "\\2a",
                "{dn}",
                "{username}")) {
            assertThat(ask(searching, name, "correct horse")).as(name).isInstanceOf(Abstained.class);
        }
    }

    @Test
    void aNameIsTheDirectorysOwnOrNone() throws Exception {
        for (Map<String, Object> settings : List.of(searching(), binding())) {
            Authenticator exact = of(settings);
            for (String name : List.of("ADA", "Ada", " ada", "ada ")) {
                assertThat(ask(exact, name, "correct horse")).as(name).isInstanceOf(Rejected.class);
            }
            settings.put("exact-name", false);
            assertThat(ask(of(settings), "ADA", "correct horse")).isInstanceOf(Accepted.class);
        }
    }

    @Test
    void neverBindsWithoutAPassword() throws Exception { // RFC 4513, 5.1.2: would succeed
        for (Map<String, Object> settings : List.of(searching(), binding())) {
            Authenticator authenticator = of(settings);
            assertThat(ask(authenticator, "ada", "")).isInstanceOf(Rejected.class);
            assertThat(authenticator.authenticate(good().withoutPassword())).isInstanceOf(Rejected.class);
        }
        assertThat(directory().asked()).as("nobody is asked").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\0", "a\0b", "a\nb", "a\u0085b"})
    void namesThatCannotBeAreRefusedBeforeAnybodyIsAsked(String name) throws Exception {
        assertThat(ask(of(searching()), name, "correct horse")).isInstanceOf(Rejected.class);
        assertThat(ask(of(searching()), "n".repeat(257), "correct horse")).isInstanceOf(Rejected.class);
        assertThat(directory().asked()).isEmpty();
    }

    @Test
    void severalEntriesAreNobody() throws Exception {
        assertThat(ask(of(searching()), "twice", "twice"))
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.detail()).contains("several entries"));
        assertThat(ask(of(binding()), "twice", "twice")).isInstanceOf(Accepted.class);
    }

    @Test
    void whoIsNotThereIsLeftToTheNextOrRefused() throws Exception {
        Map<String, Object> settings = searching();
        assertThat(ask(of(settings), "mallory", "x")).isInstanceOf(Abstained.class);
        assertThat(of(settings).authenticate(good().withoutUsername())).isInstanceOf(Abstained.class);
        settings.put("unknown-user", "reject");
        assertThat(ask(of(settings), "mallory", "x")).isInstanceOf(Rejected.class);
    }

    /** The time of an answer tells less of which names exist if the directory is asked as often for each. */
    @Test
    void whoIsNotThereCostsAsManyQuestionsAsWhoIs() throws Exception {
        Authenticator searching = of(searching());
        ask(searching, "ada", "correct horse"); // the connections are there
        List<Integer> questions = new ArrayList<>();
        for (String name : List.of("bob", "mallory", "twice", "ADA")) {
            int before = directory().asked().size();
            assertThat(ask(searching, name, "wrong")).isNotInstanceOf(Accepted.class);
            questions.add(directory().asked().size() - before);
        }
        assertThat(questions).containsOnly(questions.get(0));
    }

    /** A connection that was bound as a user is nobody's before it is used again, and never searches for the broker. */
    @Test
    void nobodyIsLeftBound() throws Exception {
        Authenticator searching = of(searching());
        ask(searching, "ada", "correct horse");
        ask(searching, "bob", "wrong");
        ask(searching, "bob", "builder");
        Map<Long, List<String>> byConnection = directory().asked().stream()
                .filter(a -> !a.dn().isEmpty() || a.what().equals("bind")) // health checks read the root DSE
                .collect(Collectors.groupingBy(
                        TestDirectory.Asked::connection,
                        Collectors.mapping(a -> a.what() + " " + a.dn(), Collectors.toList())));
        String ada = "bind uid=ada,ou=people,dc=example,dc=org";
        String bob = "bind uid=bob,ou=people,dc=example,dc=org";
        assertThat(byConnection.values())
                .containsExactlyInAnyOrder(
                        List.of(ada, "bind ", bob, bob, "bind "),
                        List.of(
                                "bind " + TestDirectory.SERVICE,
                                "search dc=example,dc=org",
                                "search dc=example,dc=org",
                                "search dc=example,dc=org"));
    }

    @Test
    void attributesAndGroups() throws Exception {
        for (Map<String, Object> settings : List.of(searching(), binding())) {
            settings.put("attributes", List.of("mail", "ou", "description"));
            settings.put("groups", Map.of("base", "ou=groups,dc=example,dc=org"));
            Map<String, String> told = attributes(ask(of(settings), "ada", "correct horse"));
            assertThat(told).containsOnlyKeys("mail", "ou", "groups");
            assertThat(told.get("mail").split("\n")).containsExactlyInAnyOrder("ada@example.org", "a@example.org");
            assertThat(told).containsEntry("ou", "engines");
            assertThat(told.get("groups").split("\n"))
                    .as("not 'a, wheel', which could be taken for two")
                    .containsExactlyInAnyOrder("staff", "engineers");
        }
    }

    @Test
    void groupsOfTheEntry() throws Exception {
        directory()
                .user(
                        "carol",
                        "ou=people",
                        "sings",
                        "memberOf: cn=staff,ou=groups,dc=example,dc=org",
                        "memberOf: CN=x\\0Awheel,ou=groups,dc=example,dc=org",
                        "memberOf: ou=wheel,dc=example,dc=org",
                        "memberOf: no dn");
        for (Map<String, Object> settings : List.of(searching(), binding())) {
            settings.put("groups", Map.of("member-of", "memberOf"));
            assertThat(attributes(ask(of(settings), "carol", "sings"))).isEqualTo(Map.of("groups", "staff"));
            assertThat(attributes(ask(of(settings), "bob", "builder"))).isEmpty();
        }
    }

    @Test
    void valuesThatCouldPassForTwoAreLeftOut() throws Exception {
        directory().user("eve", "ou=people", "apple", "ou: fine", "ou: users\nadmins");
        Map<String, Object> settings = searching();
        settings.put("attributes", List.of("ou"));
        assertThat(attributes(ask(of(settings), "eve", "apple"))).isEqualTo(Map.of("ou", "fine"));
    }

    @Test
    void referralsAreNotFollowed() throws Exception {
        try (BadServer elsewhere = new BadServer(BadServer.Way.CLOSES)) {
            directory()
                    .server()
                    .add(
                            "dn: ou=far,dc=example,dc=org",
                            "objectClass: referral",
                            "objectClass: extensibleObject",
                            "ou: far",
                            "ref: " + elsewhere.url() + "/ou=far,dc=example,dc=org");
            assertThat(ask(of(searching()), "ada", "correct horse")).isInstanceOf(Accepted.class);
            Map<String, Object> direct = binding();
            direct.put("user-dn", "uid={username},ou=far,dc=example,dc=org");
            Authenticator far = of(direct);
            AuthResult result;
            try {
                result = ask(far, "ada", "correct horse");
            } catch (DirectoryException e) {
                result = AuthResult.rejected("");
            }
            assertThat(result).isNotInstanceOf(Accepted.class);
            assertThat(elsewhere.connections()).isZero();
        }
    }

    @Test
    void aSearcherThatIsNotLetInIsNoVerdictOnTheUser() {
        Map<String, Object> settings = searching();
        settings.put(
                "search",
                Map.of("base", "dc=example,dc=org", "bind-dn", TestDirectory.SERVICE, "bind-password", "s3cr3t-wrong"));
        assertThatThrownBy(() -> ask(of(settings), "ada", "correct horse"))
                .isInstanceOf(DirectoryException.class)
                .hasMessageContaining("bind-dn is not let in")
                .hasMessageNotContaining("s3cr3t");
    }

    @Test
    void aBaseThatIsNotThereIsNoVerdictOnTheUser() {
        Map<String, Object> settings = searching();
        settings.put(
                "search",
                Map.of(
                        "base",
                        "ou=nowhere,dc=example,dc=org",
                        "bind-dn",
                        TestDirectory.SERVICE,
                        "bind-password",
                        TestDirectory.SERVICE_PASSWORD));
        assertThatThrownBy(() -> ask(of(settings), "ada", "correct horse"))
                .isInstanceOf(DirectoryException.class)
                .hasMessageContaining("ou=nowhere");
    }

    @Test
    void thePasswordOfTheSearcherCanBeInAFile() throws Exception {
        Files.writeString(folder.resolve("secret"), "wrong\n");
        Map<String, Object> settings = searching();
        settings.put(
                "search",
                Map.of("base", "dc=example,dc=org", "bind-dn", TestDirectory.SERVICE, "bind-password-file", "secret"));
        Authenticator authenticator = of(settings);
        assertThatThrownBy(() -> ask(authenticator, "ada", "correct horse")).isInstanceOf(DirectoryException.class);
        Files.writeString(folder.resolve("secret"), TestDirectory.SERVICE_PASSWORD + "\n");
        authenticator.reload();
        assertThat(ask(authenticator, "ada", "correct horse")).isInstanceOf(Accepted.class);
        Files.writeString(folder.resolve("secret"), "\n");
        assertThatThrownBy(authenticator::reload).hasMessageContaining("secret is empty");
        assertThat(ask(authenticator, "ada", "correct horse")).isInstanceOf(Accepted.class);
    }

    @Test
    void remembersForAWhile() throws Exception {
        Map<String, Object> settings = searching();
        settings.put("attributes", List.of("ou"));
        settings.put("cache", Map.of("time", "60s", "size", 2));
        TestPluginContext context = context(settings);
        Authenticator authenticator = new LdapAuthenticatorFactory().create(context);
        toClose.add(authenticator);
        assertThat(attributes(ask(authenticator, "ada", "correct horse"))).containsEntry("ou", "engines");
        directory().server().shutDown(true);
        context.clock().turn(Duration.ofSeconds(59));
        assertThat(attributes(ask(authenticator, "ada", "correct horse"))).containsEntry("ou", "engines");
        assertThatThrownBy(() -> ask(authenticator, "ada", "wrong horse")).isInstanceOf(DirectoryException.class);
        assertThatThrownBy(() -> ask(authenticator, "bob", "correct horse")).isInstanceOf(DirectoryException.class);
        context.clock().turn(Duration.ofSeconds(2));
        assertThatThrownBy(() -> ask(authenticator, "ada", "correct horse")).isInstanceOf(DirectoryException.class);
    }

    @Test
    void aReloadForgets() throws Exception {
        Map<String, Object> settings = searching();
        settings.put("cache", Map.of());
        Authenticator authenticator = of(settings);
        ask(authenticator, "ada", "correct horse");
        directory()
                .server()
                .modify(
                        "dn: uid=ada,ou=people,dc=example,dc=org",
                        "changetype: modify",
                        "replace: userPassword",
                        "userPassword: new horse");
        assertThat(ask(authenticator, "ada", "correct horse")).isInstanceOf(Accepted.class);
        authenticator.reload();
        assertThat(ask(authenticator, "ada", "correct horse")).isInstanceOf(Rejected.class);
        assertThat(ask(authenticator, "ada", "new horse")).isInstanceOf(Accepted.class);
    }

    @Test
    void tellsItsSteps() throws Exception {
        Map<String, Object> settings = searching();
        settings.put("attributes", List.of("ou"));
        settings.put("groups", Map.of("base", "ou=groups,dc=example,dc=org"));
        List<String> steps = new ArrayList<>();
        of(settings).authenticate(good(), steps::add);
        assertThat(steps)
                .containsSubsequence(
                        "server " + directory().url(),
                        "search dc=example,dc=org (SUB) for (uid=ada) as " + TestDirectory.SERVICE,
                        "found uid=ada,ou=people,dc=example,dc=org",
                        "bind as uid=ada,ou=people,dc=example,dc=org",
                        "password accepted",
                        "attribute ou: engines");
        of(settings).authenticate(bad(), steps::add);
        assertThat(steps.get(steps.size() - 1)).startsWith("bind refused: invalid credentials");
        assertThat(String.join("\n", steps))
                .doesNotContain("correct horse")
                .doesNotContain("s3cr3t")
                .doesNotContain(TestDirectory.SERVICE_PASSWORD);
    }

    @Test
    void connectionsThatTheServerClosedAreReplaced() throws Exception {
        Authenticator authenticator = of(searching());
        assertThat(ask(authenticator, "ada", "correct horse")).isInstanceOf(Accepted.class);
        directory().server().closeAllConnections(false);
        assertThat(ask(authenticator, "ada", "correct horse")).isInstanceOf(Accepted.class);
    }
}
