package org.ternmq.auth.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import at.favre.lib.crypto.bcrypt.BCrypt;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.AuthResult.Abstained;
import org.ternmq.spi.AuthResult.Accepted;
import org.ternmq.spi.AuthResult.Rejected;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.testkit.AuthenticatorConformance;
import org.ternmq.testkit.TestCredentials;
import org.ternmq.testkit.TestPluginContext;

final class FileAuthenticatorTest extends AuthenticatorConformance {
    @TempDir
    Path folder = Path.of("");

    /** As mosquitto_passwd 2.0 wrote it: alice and bob with $7$, bob's password not ASCII, carol with $6$. */
    private static byte[] golden() throws Exception {
        try (InputStream in = FileAuthenticatorTest.class.getResourceAsStream("mosquitto_passwd.users")) {
            return Objects.requireNonNull(in).readAllBytes();
        }
    }

    private Authenticator of(String users) throws Exception {
        Files.writeString(folder.resolve("users"), users);
        return open();
    }

    private Authenticator open() throws Exception {
        return new FileAuthenticatorFactory().create(new TestPluginContext("users", folder, Map.of("path", "users")));
    }

    @Override
    protected Authenticator authenticator() throws Exception {
        Files.write(folder.resolve("users"), golden());
        return open();
    }

    @Override
    protected TestCredentials good() {
        return TestCredentials.of("alice", "wonderland");
    }

    private static AuthResult ask(Authenticator authenticator, String user, String password) throws Exception {
        return authenticator.authenticate(TestCredentials.of(user, password));
    }

    @ParameterizedTest
    @CsvSource({"alice,wonderland", "bob,pässwörd", "carol,secret6"})
    void readsWhatMosquittoPasswdWrites(String user, String password) throws Exception {
        Authenticator authenticator = authenticator();
        assertThat(ask(authenticator, user, password)).isInstanceOf(Accepted.class);
        assertThat(ask(authenticator, user, password + "x")).isInstanceOf(Rejected.class);
        assertThat(ask(authenticator, user, "")).isInstanceOf(Rejected.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2a", "2b", "2y"})
    void readsBcrypt(String kind) throws Exception {
        BCrypt.Version version = switch (kind) {
            case "2a" -> BCrypt.Version.VERSION_2A;
            case "2b" -> BCrypt.Version.VERSION_2B;
            default -> BCrypt.Version.VERSION_2Y;
        };
        String hash = BCrypt.with(version).hashToString(4, "opensesame".toCharArray());
        Authenticator authenticator = of("dave:" + hash + "\n");
        assertThat(ask(authenticator, "dave", "opensesame")).isInstanceOf(Accepted.class);
        assertThat(ask(authenticator, "dave", "opensesam")).isInstanceOf(Rejected.class);
        assertThat(ask(authenticator, "dave", "o".repeat(65_535))).isInstanceOf(Rejected.class);
        assertThat(ask(authenticator, "nobody", "opensesame")).isInstanceOf(Abstained.class);
    }

    @Test
    void unknownUsersAndAnonymousClientsAreLeftToTheNext() throws Exception {
        Authenticator authenticator = authenticator();
        assertThat(ask(authenticator, "mallory", "wonderland")).isInstanceOf(Abstained.class);
        assertThat(authenticator.authenticate(TestCredentials.of("x", "y").withoutUsername()))
                .isInstanceOf(Abstained.class);
    }

    @Test
    void noPasswordIsNotAnEmptyOne() throws Exception {
        PasswordHash.Pbkdf2 empty = (PasswordHash.Pbkdf2) PasswordHash.parse(hashOfEmpty());
        assertThat(empty.matches(new byte[0])).isTrue();
        Authenticator authenticator = of("eve:" + hashOfEmpty() + "\n");
        assertThat(ask(authenticator, "eve", "")).isInstanceOf(Accepted.class);
        assertThat(authenticator.authenticate(TestCredentials.of("eve", "").withoutPassword()))
                .isInstanceOf(Rejected.class);
    }

    /** PBKDF2-HMAC-SHA-512 of nothing, one iteration, salt "salt": from another implementation. */
    private static String hashOfEmpty() {
        return "$7$1$c2FsdA==$" + EMPTY;
    }

    private static final String EMPTY =
            "AO9Czb/JjSnbIJdmCORVVn/d3xQfbrA7WoWt3SWXT10jdb1QgrgD6PTPqIrhvSUlb8vd0jGGdlZv8nl3kjAq7g==";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alice",
                "alice:",
                ":$7$101$y1vdRoEZwuisZ8gA$AAAA",
                "alice:plaintext",
                "alice:$7$101$y1vdRoEZwuisZ8gA",
                "alice:$7$0$y1vdRoEZwuisZ8gA$AAAA",
                "alice:$7$-1$y1vdRoEZwuisZ8gA$AAAA",
                "alice:$7$99999999999$y1vdRoEZwuisZ8gA$AAAA",
                "alice:$7$101$$AAAA",
                "alice:$7$101$y1vdRoEZwuisZ8gA$AAAA",
                "alice:$7$101$y1vdRoEZwuisZ8gA$not base 64",
                "alice:$6$y1vdRoEZwuisZ8gA$",
                "alice:$5$y1vdRoEZwuisZ8gA$AAAA",
                "alice:$2a$31$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "alice:$2a$10$short",
                "al\u0000ice:$7$101$y1vdRoEZwuisZ8gA$AAAA",
                " "
            })
    void aFileWithABrokenLineIsRefusedAsAWhole(String line) throws Exception { // threats 11: CVE-2018-12551
        String good = new String(golden(), StandardCharsets.UTF_8);
        assertThatThrownBy(() -> of(good + line + "\n"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("users:4: ")
                .hasMessageNotContaining("y1vdRoEZwuisZ8gA");
    }

    @Test
    void aNameTwiceIsRefused() throws Exception {
        String good = new String(golden(), StandardCharsets.UTF_8);
        List<String> lines = good.lines().toList();
        assertThatThrownBy(() -> of(good + lines.get(0) + "\n"))
                .hasMessageContaining("users:4: the name was there before");
    }

    @Test
    void everyBrokenLineIsNamed() {
        assertThatThrownBy(() -> of("# comment\na\n\nb:\n"))
                .hasMessageContaining("users:2: ")
                .hasMessageContaining("users:4: ");
    }

    @Test
    void aMissingFileIsRefused() throws Exception {
        Files.deleteIfExists(folder.resolve("users"));
        assertThatThrownBy(this::open)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no such file");
    }

    @Test
    void anEmptyFileLetsNobodyIn() throws Exception { // threats 11: CVE-2018-12550
        assertThat(ask(of(""), "alice", "wonderland")).isInstanceOf(Abstained.class);
    }

    @Test
    void reloadSwapsTheUsersAndABadFileKeepsTheOldOnes() throws Exception { // threats 12: CVE-2017-7652
        Authenticator authenticator = authenticator();
        List<String> lines =
                new String(golden(), StandardCharsets.UTF_8).lines().toList();
        Files.writeString(folder.resolve("users"), lines.get(1) + "\n");
        authenticator.reload();
        assertThat(ask(authenticator, "alice", "wonderland")).isInstanceOf(Abstained.class);
        assertThat(ask(authenticator, "bob", "pässwörd")).isInstanceOf(Accepted.class);
        Files.writeString(folder.resolve("users"), lines.get(0) + "\nbroken\n");
        assertThatThrownBy(authenticator::reload).hasMessageContaining("users:2: ");
        assertThat(ask(authenticator, "bob", "pässwörd")).isInstanceOf(Accepted.class);
        assertThat(ask(authenticator, "alice", "wonderland")).isInstanceOf(Abstained.class);
        Files.delete(folder.resolve("users"));
        assertThatThrownBy(authenticator::reload).hasMessageContaining("no such file");
        assertThat(ask(authenticator, "bob", "pässwörd")).isInstanceOf(Accepted.class);
    }
}
