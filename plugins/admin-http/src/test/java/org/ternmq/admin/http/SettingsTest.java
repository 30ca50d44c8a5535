package org.ternmq.admin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.testkit.TestPluginContext;

final class SettingsTest {
    @TempDir
    Path folder = Path.of("");

    private Settings bind(Map<String, ?> settings) {
        try (TestPluginContext context = new TestPluginContext("admin", folder, settings)) {
            return context.config(Settings.class);
        }
    }

    @Test
    void byDefaultOnlyThisMachineCanReachIt() {
        Settings settings = bind(Map.of());
        assertThat(settings.host()).isEqualTo("127.0.0.1");
        assertThat(settings.port()).isEqualTo(18080);
        assertThat(settings.isLoopback()).isTrue();
        assertThat(bind(Map.of("bind", "[::1]:0")).isLoopback()).isTrue();
        assertThat(bind(Map.of("bind", "[::1]:0")).host()).isEqualTo("::1");
    }

    @Test
    void anotherAddressWantsTlsOrAWordForIt() {
        assertThatThrownBy(() -> bind(Map.of("bind", "0.0.0.0:18080")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("insecure");
        assertThat(bind(Map.of("bind", "0.0.0.0:18080", "insecure", "true")).isLoopback())
                .isFalse();
        Map<String, Object> withTls = new HashMap<>();
        withTls.put("bind", "0.0.0.0:18080");
        withTls.put("tls", Map.of("certificate", "c.pem", "key", "k.pem"));
        assertThat(bind(withTls).tls()).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.0.0.1:99999", ":18080", "a b:1", "[::1]"})
    void addressesThatAreNone(String bind) {
        assertThatThrownBy(() -> bind(Map.of("bind", bind))).isInstanceOf(ConfigurationException.class);
    }
}
