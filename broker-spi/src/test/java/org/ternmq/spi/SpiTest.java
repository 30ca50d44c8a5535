package org.ternmq.spi;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SpiTest {
    /** The major version chooses the baseline that the build compares with: docs/spi-stability.md. */
    @Test
    void hasOneVersionInCodeAndBuild() {
        assertThat(Spi.VERSION)
                .isEqualTo(System.getProperty("ternmq.spi.version"))
                .startsWith(System.getProperty("ternmq.spi.major") + ".");
    }
}
