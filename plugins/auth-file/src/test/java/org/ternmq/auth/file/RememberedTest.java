package org.ternmq.auth.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RememberedTest {
    /** Counts how often the work was done. */
    private static final class Counting implements PasswordHash {
        private final String right;
        private int asked;

        Counting(String right) {
            this.right = right;
        }

        @Override
        public boolean matches(byte[] password) {
            asked++;
            return new String(password, StandardCharsets.UTF_8).equals(right);
        }

        @Override
        public PasswordHash likeness() {
            return this;
        }
    }

    private final Remembered remembered = new Remembered();

    private boolean ask(PasswordHash hash, String password) {
        return remembered.matches(hash, password.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void whatWasRightIsKnownWithoutTheWork() {
        Counting hash = new Counting("secret");
        for (int i = 0; i < 3; i++) {
            assertThat(ask(hash, "secret")).isTrue();
        }
        assertThat(hash.asked).isEqualTo(1);
    }

    @Test
    void whatIsWrongTakesTheWorkEachTimeAndIsNotRemembered() {
        Counting hash = new Counting("secret");
        assertThat(ask(hash, "guess")).isFalse();
        assertThat(ask(hash, "guess")).isFalse();
        assertThat(remembered.size()).isZero();
        assertThat(ask(hash, "secret")).isTrue();
        assertThat(ask(hash, "guess")).isFalse();
        assertThat(ask(hash, "")).isFalse();
        assertThat(hash.asked).isEqualTo(5);
        assertThat(ask(hash, "secret"))
                .as("a guess in between displaces nothing")
                .isTrue();
        assertThat(hash.asked).isEqualTo(5);
    }

    @Test
    void aPasswordOpensItsOwnHashOnly() {
        Counting hers = new Counting("secret");
        Counting his = new Counting("other");
        assertThat(ask(hers, "secret")).isTrue();
        assertThat(ask(his, "secret")).isFalse();
    }

    @Test
    void hashesThatAreGoneAreForgotten() {
        Counting hash = new Counting("secret");
        Counting stays = new Counting("secret");
        assertThat(ask(hash, "secret")).isTrue();
        assertThat(ask(stays, "secret")).isTrue();
        remembered.retain(List.of(stays));
        assertThat(remembered.size()).isEqualTo(1);
        assertThat(ask(hash, "secret")).isTrue();
        assertThat(hash.asked).isEqualTo(2);
    }
}
