package org.ternmq.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.AuthResult.Abstained;
import org.ternmq.spi.AuthResult.Accepted;
import org.ternmq.spi.AuthResult.Rejected;
import org.ternmq.spi.Authenticator;

/**
 * What every authenticator that judges user names and passwords must do. A plugin's test extends this class and says how to make
 * the authenticator and whom it knows:
 *
 * <pre>{@code
 * final class MyAuthenticatorTest extends AuthenticatorConformance {
 *     @TempDir Path folder;
 *
 *     protected Authenticator authenticator() throws Exception {
 *         return new MyAuthenticatorFactory().create(new TestPluginContext("mine", folder, Map.of("path", "users")));
 *     }
 *
 *     protected TestCredentials good() { return TestCredentials.of("ada", "correct horse"); }
 * }
 * }</pre>
 *
 * <p>A test that cannot hold for a plugin is overridden by name in the plugin's test, with the reason beside it.
 *
 * <p>A refusal is a {@link Rejected}, an {@link Abstained} or an exception: the broker lets nobody in by any of them.
 */
public abstract class AuthenticatorConformance {
    private static final int CALLS_PER_THREAD = 5;
    private static final String SECRET = "s3cr3t-that-nobody-may-read";

    private Authenticator authenticator = credentials -> AuthResult.abstained();

    /** For subclasses. */
    protected AuthenticatorConformance() {}

    /**
     * Makes the authenticator. Called before each test.
     *
     * @return an authenticator that accepts {@link #good}
     * @throws Exception fails the test
     */
    protected abstract Authenticator authenticator() throws Exception;

    /**
     * Credentials to be accepted: a user name and a password that is not empty.
     *
     * @return the credentials
     */
    protected abstract TestCredentials good();

    /**
     * Credentials of a known user with a wrong password.
     *
     * @return the credentials; by default those of {@link #good} with another password
     */
    protected TestCredentials bad() {
        return good().withPassword("wrong: " + SECRET);
    }

    /**
     * Credentials of a user that does not exist.
     *
     * @return the credentials; by default those of {@link #good} under another name
     */
    protected TestCredentials unknown() {
        return good().withUsername("nobody-of-this-name");
    }

    /** Makes the authenticator. */
    @BeforeEach
    final void open() throws Exception {
        authenticator = authenticator();
    }

    /** Closes it. */
    @AfterEach
    final void close() throws Exception {
        authenticator.close();
    }

    @Test
    protected void acceptsGoodCredentials() throws Exception {
        assertThat(authenticator.authenticate(good())).isInstanceOf(Accepted.class);
    }

    @Test
    protected void answersTheSameAgain() throws Exception {
        assertThat(authenticator.authenticate(good())).isInstanceOf(Accepted.class);
        assertRefused(bad());
        assertThat(authenticator.authenticate(good())).isInstanceOf(Accepted.class);
        assertRefused(bad());
    }

    @Test
    protected void refusesAWrongPassword() {
        assertRefused(bad());
    }

    @Test
    protected void refusesEveryPasswordThatOnlyResemblesTheRightOne() {
        byte[] right = bytesOf(good());
        assertRefused(good().withPassword(Arrays.copyOf(right, right.length - 1)));
        assertRefused(good().withPassword(Arrays.copyOf(right, right.length + 1))); // a closing NUL
        byte[] changed = right.clone();
        changed[changed.length - 1] ^= 1;
        assertRefused(good().withPassword(changed));
    }

    @Test
    protected void refusesAnUnknownUser() {
        assertRefused(unknown());
    }

    @Test
    protected void refusesAnEmptyPassword() {
        assertRefused(good().withPassword("")); // LDAP takes a bind with an empty password for anonymous, and succeeds
        assertRefused(unknown().withPassword(""));
    }

    @Test
    protected void refusesAMissingPassword() {
        assertRefused(good().withoutPassword());
        assertRefused(unknown().withoutPassword());
    }

    @Test
    protected void refusesWhoNamesNobody() {
        assertRefused(good().withoutUsername());
        assertRefused(good().withoutUsername().withoutPassword());
        assertRefused(good().withUsername(""));
        assertRefused(good().withUsername("").withPassword(""));
    }

    /** Names that break files, queries and logs. */
    @TestFactory
    protected Stream<DynamicTest> refusesHostileUserNames() {
        return Stream.of(
                        "\0",
                        "a\0b",
                        "a\nb",
                        "a\r\nb",
                        ":",
                        "a:b",
                        "#",
                        " ",
                        "\t",
                        "*",
                        "a)(uid=*",
                        "../../etc/passwd",
                        "%u%n%s",
                        "\uD83D\uDE00",
                        "\uFFFF",
                        "n".repeat(65_535),
                        ":".repeat(65_535))
                .map(name -> DynamicTest.dynamicTest(printable(name), () -> assertRefused(good().withUsername(name))));
    }

    /** A name that begins or ends like a known one must not be taken for it. */
    @Test
    protected void refusesNamesThatOnlyResembleTheKnownOne() {
        String name = good().username().orElseThrow();
        for (String other : List.of(
                name + "\0", "\0" + name, name + "\n", "\n" + name, name + ":", name + " ", " " + name, name + "*")) {
            assertRefused(good().withUsername(other));
        }
    }

    @Test
    protected void refusesVeryLongPasswords() {
        assertRefused(good().withPassword(new byte[65_535])); // MQTT-3.1.2-19: any bytes up to this length
    }

    @Test
    protected void bearsSeveralCallsAtOnce() throws Exception {
        AtOnce.run(thread -> {
            boolean begins = thread % 2 == 0;
            for (int call = 0; call < CALLS_PER_THREAD; call++) {
                if (begins == (call % 2 == 0)) {
                    assertThat(authenticator.authenticate(good())).isInstanceOf(Accepted.class);
                } else {
                    assertRefused(bad());
                }
            }
        });
    }

    @Test
    protected void keepsPasswordsToItself() throws Exception {
        TestCredentials wrong = good().withPassword(SECRET);
        for (TestCredentials shown : List.of(wrong, unknown().withPassword(SECRET), wrong.withUsername("a\0b"))) {
            String said;
            try {
                said = authenticator.authenticate(shown).toString();
            } catch (Exception e) {
                StringWriter trace = new StringWriter();
                e.printStackTrace(new PrintWriter(trace));
                said = trace.toString();
            }
            assertThat(said).doesNotContain(SECRET);
        }
        String password = new String(bytesOf(good()), UTF_8);
        assertThat(authenticator.authenticate(good()).toString()).doesNotContain(password);
        assertThat(authenticator.toString()).doesNotContain(SECRET).doesNotContain(password);
    }

    @Test
    protected void reloadsWhatIsThere() throws Exception {
        authenticator.reload();
        assertThat(authenticator.authenticate(good())).isInstanceOf(Accepted.class);
        assertRefused(bad());
    }

    @Test
    protected void bearsBeingClosedTwice() throws Exception {
        authenticator.close();
        assertThatCode(authenticator::close).doesNotThrowAnyException();
    }

    private void assertRefused(TestCredentials credentials) {
        AuthResult result;
        try {
            result = authenticator.authenticate(credentials);
        } catch (Exception e) {
            return; // the broker refuses the client
        }
        assertThat(result)
                .as("verdict on %s", printable(credentials.toString()))
                .isInstanceOfAny(Rejected.class, Abstained.class);
    }

    private static String printable(String text) {
        String escaped = text.chars()
                .limit(50)
                .mapToObj(c -> c > ' ' && c < 127 ? String.valueOf((char) c) : String.format(Locale.ROOT, "\\u%04x", c))
                .collect(Collectors.joining());
        return text.length() <= 50 ? escaped : escaped + "… (" + text.length() + " characters)";
    }

    private static byte[] bytesOf(TestCredentials credentials) {
        ByteBuffer buffer = credentials.password().orElseThrow();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
