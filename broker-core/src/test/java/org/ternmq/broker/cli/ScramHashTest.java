package org.ternmq.broker.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ScramHashTest {
    @ParameterizedTest
    @CsvSource({"SCRAM-SHA-256,SHA-256,HmacSHA256,32", "SCRAM-SHA-512,SHA-512,HmacSHA512,64"})
    void writesTheFormOfPostgresql(String mechanism, String digest, String mac, int bytes) throws Exception {
        char[] password = "pässwörd \u2168".toCharArray(); // SASLprep makes "IX" of the Roman numeral
        String hash = new ScramHash(mechanism, 10_000).of(password);
        assertThat(password).containsOnly('\0');
        String[] fields = hash.split("[$:]", -1);
        assertThat(hash).matches("[^$:]+\\$[^$:]+:[^$:]+\\$[^$:]+:[^$:]+");
        assertThat(fields[0]).isEqualTo(mechanism);
        assertThat(fields[1]).isEqualTo("10000");
        byte[] salt = Base64.getDecoder().decode(fields[2]);
        assertThat(salt).hasSizeGreaterThanOrEqualTo(16);
        byte[] salted = SecretKeyFactory.getInstance("PBKDF2With" + mac)
                .generateSecret(new PBEKeySpec("pässwörd IX".toCharArray(), salt, 10_000, bytes * 8))
                .getEncoded();
        assertThat(Base64.getDecoder().decode(fields[3]))
                .isEqualTo(MessageDigest.getInstance(digest).digest(hmac(mac, salted, "Client Key")));
        assertThat(Base64.getDecoder().decode(fields[4])).isEqualTo(hmac(mac, salted, "Server Key"));
        assertThat(new ScramHash(mechanism, 10_000).of("pässwörd IX".toCharArray()))
                .as("another salt")
                .doesNotContain(fields[2]);
    }

    private static byte[] hmac(String name, byte[] key, String text) throws Exception {
        Mac mac = Mac.getInstance(name);
        mac.init(new SecretKeySpec(key, name));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void namesAreWrittenAsTheyAreLookedFor() {
        assertThat(ScramHash.prepareName("\ufb01\u00a0\u2168")).isEqualTo("fi IX");
        assertThat(ScramHash.prepareName("ada")).isEqualTo("ada");
        assertThatThrownBy(() -> ScramHash.prepareName("a\u200eb")).hasMessageContaining("name has characters");
        assertThatThrownBy(() -> ScramHash.prepareName("\u00ad")).hasMessageContaining("leaves nothing");
    }

    @Test
    void refusesPasswordsThatNoClientWouldSend() {
        ScramHash hash = new ScramHash("SCRAM-SHA-256", 10_000);
        for (String password : new String[] {"a\u0007b", "\ufffd", "\uD83D\uDE00"}) {
            char[] characters = password.toCharArray();
            assertThatThrownBy(() -> hash.of(characters))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("password has characters");
            assertThat(characters).containsOnly('\0');
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 4096, 9_999, 10_000_001})
    void refusesTooFewAndTooManyIterations(int iterations) {
        assertThatThrownBy(() -> new ScramHash("SCRAM-SHA-256", iterations))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("10000 to 10000000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "SCRAM-SHA-1", "scram-sha-256", "SCRAM-SHA-256-PLUS"})
    void refusesOtherMechanisms(String mechanism) {
        assertThatThrownBy(() -> new ScramHash(mechanism, 10_000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SCRAM-SHA-512");
    }
}
