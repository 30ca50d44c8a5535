package org.ternmq.auth.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import at.favre.lib.crypto.bcrypt.BCrypt;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
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
import org.ternmq.testkit.TestPluginContext.Revoked;

final class FileAuthenticatorTest extends AuthenticatorConformance {
    @TempDir
    Path folder = Path.of("");

    /** As mosquitto_passwd 2.0 wrote it: alice and bob with $7$, bob's password not ASCII, carol with $6$. */
    private static byte[] golden() throws Exception {
        return resource("mosquitto_passwd.users");
    }

    private static byte[] resource(String name) throws Exception {
        try (InputStream in = FileAuthenticatorTest.class.getResourceAsStream(name)) {
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

    /** Hashes made by libxcrypt, of 80 and of 71 letters x: bcrypt reads 72 bytes, the last of 71 being the NUL behind them. */
    @Test
    void readsAsMuchOfALongPasswordAsOtherBcryptsDo() throws Exception {
        Authenticator authenticator = of("long:$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i\n"
                + "short:$2b$04$abcdefghijklmnopqrstuu.gc7UY/21CSNJGJg21jJzx9QiOpJ9bO\n"
                + "bob:$2y$05$abcdefghijklmnopqrstuufb0xBZesbzLgkcQv6N0hvKkXeOJ1uSy\n");
        assertThat(ask(authenticator, "long", "x".repeat(80))).isInstanceOf(Accepted.class);
        assertThat(ask(authenticator, "long", "x".repeat(71))).isInstanceOf(Rejected.class);
        assertThat(ask(authenticator, "short", "x".repeat(71))).isInstanceOf(Accepted.class);
        assertThat(ask(authenticator, "short", "x".repeat(72))).isInstanceOf(Rejected.class);
        assertThat(ask(authenticator, "bob", "pässwörd€")).isInstanceOf(Accepted.class);
        assertThat(ask(authenticator, "bob", "")).isInstanceOf(Rejected.class);
    }

    /** Every line with one character changed, left out or doubled is refused, or is one that could be written so. */
    @Test
    void aDamagedLineIsRefusedOrIsAnotherWellFormedOne() throws Exception { // threats 11: CVE-2018-12551
        String bcrypt = "dave:$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
        List<String> lines = new ArrayList<>(
                new String(golden(), StandardCharsets.UTF_8).lines().toList());
        lines.add(bcrypt);
        Pattern wellFormed = Pattern.compile(
                "[^:\\p{Cntrl}]+:(?:\\$7\\$[1-9][0-9]{0,7}|\\$6)\\$[A-Za-z0-9+/]+=*\\$[A-Za-z0-9+/]{85}[AQgw]=="
                        + "|[^:\\p{Cntrl}]+:\\$2[aby]\\$(?:0[4-9]|1[0-6])\\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]");
        List<String> wrong = new ArrayList<>();
        int refused = 0;
        for (String line : lines) {
            for (int i = 0; i < line.length(); i++) {
                for (String put : List.of("", line.substring(i, i + 1).repeat(2), "$", "A", "\0")) {
                    String damaged = line.substring(0, i) + put + line.substring(i + 1);
                    try {
                        Users.read(Files.writeString(folder.resolve("users"), damaged));
                        damaged.lines()
                                .filter(l -> !l.isEmpty()
                                        && !l.startsWith("#")
                                        && !wellFormed.matcher(l).matches())
                                .forEach(wrong::add);
                    } catch (ConfigurationException e) {
                        refused++;
                        String end = line.substring(line.length() - 20);
                        e.problems().stream()
                                .filter(p -> !p.matches(".*users:[12]: .*") || p.contains(end))
                                .forEach(wrong::add);
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(refused).isGreaterThan(500);
    }

    @Test
    void readsWhatTernmqPasswdWrites() throws Exception {
        Files.write(folder.resolve("users"), resource("ternmq_passwd.users"));
        assertThat(ask(open(), "ada", "pässwörd")).isInstanceOf(Accepted.class);
        assertThat(ask(open(), "ada", "passwörd")).isInstanceOf(Rejected.class);
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
                "zoe",
                "zoe:",
                ":$7$101$y1vdRoEZwuisZ8gA$AAAA",
                "zoe:plaintext",
                "zoe:$7$101$y1vdRoEZwuisZ8gA",
                "zoe:$7$0$y1vdRoEZwuisZ8gA$AAAA",
                "zoe:$7$-1$y1vdRoEZwuisZ8gA$AAAA",
                "zoe:$7$99999999999$y1vdRoEZwuisZ8gA$AAAA",
                "zoe:$7$101$$AAAA",
                "zoe:$7$101$y1vdRoEZwuisZ8gA$AAAA",
                "zoe:$7$101$y1vdRoEZwuisZ8gA$not base 64",
                "zoe:$6$y1vdRoEZwuisZ8gA$",
                "zoe:$5$y1vdRoEZwuisZ8gA$AAAA",
                "zoe:$2a$17$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i",
                "zoe:$2a$31$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i",
                "zoe:$2a$10$short",
                "zoe:$2a$04$abcdefghijklmnopqrstuvbzadhGtS2zEF.gu0yd0opP6cVzb.e0i",
                "zo\u0000e:$7$101$y1vdRoEZwuisZ8gA$AAAA",
                " "
            })
    void aFileWithABrokenLineIsRefusedAsAWhole(String line) throws Exception { // threats 11: CVE-2018-12551
        String good =
                new String(golden(), StandardCharsets.UTF_8); // without a zoe: a name twice would be refused for that
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

    @Test
    void aRememberedPasswordGoesWithItsHash() throws Exception {
        Authenticator authenticator = authenticator();
        assertThat(ask(authenticator, "bob", "pässwörd")).isInstanceOf(Accepted.class);
        String line =
                new String(golden(), StandardCharsets.UTF_8).lines().toList().get(0);
        Files.writeString(folder.resolve("users"), "bob:" + line.substring(line.indexOf(':') + 1) + "\n");
        authenticator.reload();
        assertThat(ask(authenticator, "bob", "pässwörd")).isInstanceOf(Rejected.class);
        assertThat(ask(authenticator, "bob", "wonderland")).isInstanceOf(Accepted.class);
    }

    @Test
    void usersWhoWereRemovedOrHaveAnotherPasswordAreRevoked() throws Exception {
        List<String> lines =
                new String(golden(), StandardCharsets.UTF_8).lines().toList();
        Path file = Files.writeString(folder.resolve("users"), String.join("\n", lines));
        String bobByAnother = "bob:" + lines.get(0).substring(lines.get(0).indexOf(':') + 1);
        Revoked alice = new Revoked(Set.of("alice"), false);
        Map<Map<String, String>, List<Revoked>> cases = Map.of(
                Map.of("path", "users"),
                List.of(alice),
                Map.of("path", "users", "removed-users", "keep", "changed-passwords", "end-session"),
                List.of(new Revoked(Set.of("bob"), true)),
                Map.of("path", "users", "removed-users", "disconnect", "changed-passwords", "disconnect"),
                List.of(alice, new Revoked(Set.of("bob"), false)));
        for (Map.Entry<Map<String, String>, List<Revoked>> each : cases.entrySet()) {
            Files.writeString(file, String.join("\n", lines));
            TestPluginContext context = new TestPluginContext("users", folder, each.getKey());
            Authenticator authenticator = new FileAuthenticatorFactory().create(context);
            authenticator.reload();
            assertThat(context.revoked()).as("nothing has changed").isEmpty();
            Files.writeString(file, "broken");
            assertThatThrownBy(authenticator::reload).isInstanceOf(ConfigurationException.class);
            assertThat(context.revoked()).as("a bad file changes nothing").isEmpty();
            Files.writeString(file, bobByAnother + "\n" + lines.get(2) + "\n");
            authenticator.reload();
            assertThat(context.revoked()).isEqualTo(each.getValue());
        }
    }

    @Test
    void aWatchedFileIsReadWhenItHasChanged() throws Exception {
        List<String> lines =
                new String(golden(), StandardCharsets.UTF_8).lines().toList();
        Path file = Files.writeString(folder.resolve("users"), lines.get(0) + "\n");
        TestPluginContext context = new TestPluginContext("users", folder, Map.of("path", "users", "watch", "10ms"));
        Authenticator authenticator = new FileAuthenticatorFactory().create(context);
        Files.writeString(file, lines.get(1) + "\n# and no more\n");
        Instant end = Instant.now().plusSeconds(20);
        while (!(ask(authenticator, "bob", "pässwörd") instanceof Accepted)
                && Instant.now().isBefore(end)) {
            Thread.onSpinWait();
        }
        assertThat(ask(authenticator, "bob", "pässwörd")).isInstanceOf(Accepted.class);
        assertThat(ask(authenticator, "alice", "wonderland")).isInstanceOf(Abstained.class);
        authenticator.close();
    }
}
