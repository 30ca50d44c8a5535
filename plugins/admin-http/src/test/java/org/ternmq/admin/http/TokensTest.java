package org.ternmq.admin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.testkit.TestClock;

final class TokensTest {
    @TempDir
    Path folder = Path.of("");

    private Path first() {
        return folder.resolve("admin-token");
    }

    private Path further() {
        return folder.resolve("admin-tokens");
    }

    private static String line(String name, String role, String token) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        return name + ":" + role + ":" + HexFormat.of().formatHex(hash) + "\n";
    }

    @Test
    void theFirstTokenIsMadeOnceForItsOwnerAlone() throws IOException {
        Tokens tokens = new Tokens(first(), further());
        String token = Files.readString(first()).strip();
        assertThat(token).matches("tmq_[A-Za-z0-9_-]{43}");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(first())))
                .isEqualTo("rw-------");
        assertThat(tokens.holder(token)).contains(new Tokens.Holder("admin", Role.ADMIN));
        assertThat(tokens.holder(token + "x")).isEmpty();
        assertThat(tokens.holder("")).isEmpty();
        assertThat(new Tokens(first(), further()).holder(token)).isPresent();
    }

    @Test
    void furtherTokensComeAndGoWithTheirFile() throws Exception {
        Tokens tokens = new Tokens(first(), further());
        Files.writeString(
                further(), "# people\n\n" + line("grafana", "viewer", "one") + line("desk", "operator", "two"));
        assertThat(tokens.holder("one")).isEmpty();
        tokens.reload();
        assertThat(tokens.holder("one")).contains(new Tokens.Holder("grafana", Role.VIEWER));
        assertThat(tokens.holder("two")).contains(new Tokens.Holder("desk", Role.OPERATOR));
        Files.writeString(further(), line("grafana", "owner", "one"));
        tokens.reload();
        assertThat(tokens.holder("two")).as("a bad file changes nothing").isPresent();
        Files.delete(further());
        tokens.reload();
        assertThat(tokens.holder("two")).isEmpty();
    }

    @Test
    void filesThatCannotBeUsedStopTheStart() throws Exception {
        Files.writeString(first(), "short\n");
        assertThatThrownBy(() -> new Tokens(first(), further()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("admin-token");
        Files.delete(first());
        Files.writeString(further(), line("a", "viewer", "x") + line("a", "admin", "y"));
        assertThatThrownBy(() -> new Tokens(first(), further()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("admin-tokens:2");
        Files.writeString(further(), line("admin", "viewer", "x"));
        assertThatThrownBy(() -> new Tokens(first(), further())).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void whoTriesTokensWaitsAndOthersDoNot() throws IOException {
        TestClock clock = new TestClock();
        FailedTokens failed = new FailedTokens(clock);
        InetAddress guesser = InetAddress.getByName("2001:db8::1");
        for (int i = 0; i < 10; i++) {
            assertThat(failed.secondsToWait(guesser)).isZero();
            failed.failed(guesser);
        }
        assertThat(failed.secondsToWait(guesser)).isBetween(1L, 7L);
        assertThat(failed.secondsToWait(InetAddress.getByName("2001:db8::2")))
                .as("the same /64")
                .isPositive();
        assertThat(failed.secondsToWait(InetAddress.getByName("2001:db8:0:1::1")))
                .isZero();
        assertThat(failed.secondsToWait(InetAddress.getByName("192.0.2.1"))).isZero();
        clock.turn(Duration.ofSeconds(7));
        assertThat(failed.secondsToWait(guesser)).isZero();
        failed.failed(guesser);
        assertThat(failed.secondsToWait(guesser)).isPositive();
    }
}
