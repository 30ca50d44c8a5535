package org.ternmq.broker.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.ternmq.spi.Default;
import org.ternmq.spi.control.Setting;
import org.ternmq.spi.control.Setting.Source;

final class EffectiveConfigTest {
    record Ldap(String url, @Default("10s") String timeout, Optional<String> bindPassword, Map<String, String> extra) {}

    private static Map<String, Setting> of(String yaml, List<String> sets, Map<String, String> environment) {
        Problems problems = new Problems();
        BrokerConfig config =
                BrokerConfig.load(ConfigSource.of("t.yaml", yaml, Path.of(""), sets, environment, problems), problems);
        assertThat(problems.lines()).isEmpty();
        return EffectiveConfig.of(
                        config, block -> block.type().equals("ldap") ? Optional.of(Ldap.class) : Optional.empty())
                .stream()
                .collect(Collectors.toMap(Setting::path, Function.identity()));
    }

    @Test
    void saysWhereEachValueComesFrom() {
        Map<String, Setting> all = of(
                "limits: {queue-messages: 5, in-flight: \"${WINDOW}\"}\n",
                List.of("limits.max-connections=7"),
                Map.of("WINDOW", "12"));
        assertThat(all.get("limits.queue-messages"))
                .isEqualTo(new Setting("limits.queue-messages", "5", Source.FILE, "t.yaml:1:26"));
        assertThat(all.get("limits.in-flight"))
                .isEqualTo(new Setting("limits.in-flight", "${WINDOW}", Source.ENVIRONMENT, "t.yaml:1:40"));
        assertThat(all.get("limits.max-connections").source()).isEqualTo(Source.COMMAND_LINE);
        assertThat(all.get("limits.overflow"))
                .isEqualTo(new Setting("limits.overflow", "drop-newest", Source.DEFAULT, "default"));
        assertThat(all.get("storage.type").value()).isEqualTo("rocksdb");
        assertThat(all.get("listeners[0].bind").source()).isEqualTo(Source.DEFAULT);
        assertThat(all.get("guard.failed-logins").value()).isEqualTo("10");
    }

    @Test
    void hidesWhatMayBeSecret() {
        Map<String, Setting> all = of("""
                authentication:
                  allow-anonymous: true
                  use:
                    - {type: ldap, url: "ldap://cn=x:hunter2@host", bind-password: hunter2, extra: {api-key: hunter2, colour: red}}
                    - {type: other, token: hunter2, secrets: [hunter2], authorization: hunter2, plain: "${P}"}
                """, List.of(), Map.of("P", "hunter2"));
        assertThat(all.values()).noneMatch(setting -> setting.toString().contains("hunter2"));
        assertThat(all.get("authentication.use[0].url").value()).isEqualTo("ldap://***@host");
        assertThat(all.get("authentication.use[0].bind-password").value()).isEqualTo("***");
        assertThat(all.get("authentication.use[0].extra.colour").value()).isEqualTo("red");
        assertThat(all.get("authentication.use[0].timeout"))
                .isEqualTo(new Setting("authentication.use[0].timeout", "10s", Source.DEFAULT, "default"));
        assertThat(all.get("authentication.use[1].plain").value()).isEqualTo("${P}");
    }
}
