package org.ternmq.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class SpiTest {
    /** The major version chooses the baseline that the build compares with: docs/spi-stability.md. */
    @Test
    void hasOneVersionInCodeAndBuild() {
        assertThat(Spi.VERSION)
                .isEqualTo(System.getProperty("ternmq.spi.version"))
                .startsWith(System.getProperty("ternmq.spi.major") + ".");
    }

    /** Nobody says that there is nothing to compare with while there is, or takes away what there was. */
    @Test
    void isComparedWithItsBaseline() {
        Path baseline = Path.of("baseline", "broker-spi-" + System.getProperty("ternmq.spi.major") + ".jar");
        assertThat(Boolean.getBoolean("ternmq.spi.unreleased"))
                .as("%s is missing", baseline)
                .isEqualTo(!Files.exists(baseline));
    }
}
