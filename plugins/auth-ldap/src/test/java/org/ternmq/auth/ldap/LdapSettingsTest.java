package org.ternmq.auth.ldap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.testkit.TestPluginContext;

final class LdapSettingsTest {
    private static final String DN = "uid={username},ou=people,dc=example,dc=org";

    @TempDir
    Path folder = Path.of("");

    private LdapSettings bind(Map<String, ?> settings) {
        try (TestPluginContext context = new TestPluginContext("ldap", folder, settings)) {
            return context.config(LdapSettings.class);
        }
    }

    private LdapSettings direct(String key, Object value) {
        Map<String, Object> settings = new HashMap<>(Map.of("url", "ldaps://ldap.example", "user-dn", DN));
        settings.put(key, value);
        return bind(settings);
    }

    private LdapSettings searching(Map<String, ?> search) {
        return bind(Map.of("url", "ldaps://ldap.example", "search", search));
    }

    @Test
    void whatTheShippedExampleSaysIsEnough() {
        LdapSettings settings = direct("pool-size", 4);
        assertThat(settings.addresses()).containsExactly(new Address(true, "ldap.example", 636));
        assertThat(settings.verifyHostName()).isTrue();
        assertThat(settings.exactName()).isTrue();
        assertThat(settings.cache()).isEmpty();
    }

    @Test
    void severalServers() {
        assertThat(direct("url", " ldaps://a:10636  ldaps://[::1] ").addresses())
                .containsExactly(new Address(true, "a", 10_636), new Address(true, "::1", 636));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ldap",
                "http://a",
                "ldaps://",
                "ldaps://a/dc=example",
                "ldaps://user@a",
                "ldaps://a?x",
                "ldaps://a:0",
                "ldaps://a:99999",
                "ldaps://a,ldaps://b"
            })
    void urlsThatAreNone(String url) {
        assertThatThrownBy(() -> direct("url", url))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("url: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"ldap://ldap.example", "ldap://10.0.0.1", "ldap://127.0.0.1.example", "ldap://localhost.example"
            })
    void passwordsDoNotCrossTheNetworkInPlainText(String url) {
        assertThatThrownBy(() -> direct("url", url)).hasMessageContaining("unencrypted");
        for (String key : List.of("start-tls", "allow-plain-text")) {
            assertThatCode(() -> bind(Map.of("url", url, "user-dn", DN, key, true)))
                    .doesNotThrowAnyException();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ldap://localhost", "ldap://127.0.0.1:10389", "ldap://[::1]"})
    void thisMachineIsNoNetwork(String url) {
        assertThatCode(() -> direct("url", url)).doesNotThrowAnyException();
    }

    @Test
    void startTlsInsideTlsIsRefused() {
        assertThatThrownBy(() -> direct("start-tls", true)).hasMessageContaining("encrypted from the beginning");
    }

    @Test
    void oneWayToFindTheUser() {
        assertThatThrownBy(() -> bind(Map.of("url", "ldaps://a"))).hasMessageContaining("user-dn and search");
        assertThatThrownBy(() -> direct("search", Map.of("base", "dc=example,dc=org")))
                .hasMessageContaining("user-dn and search");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "uid=ada",
                "uid",
                "{username}",
                "{username}=x,dc=org",
                "uid=*,dc",
                "uid={user},dc=example,dc=org"
            })
    void templatesOfDnsThatAreNone(String template) {
        assertThatThrownBy(() -> direct("user-dn", template)).hasMessageContaining("user-dn: ");
    }

    @ParameterizedTest
    @CsvSource({
        "(uid=x)",
        "(uid={username}",
        "uid",
        "({username}=x)",
        "(uid={username}*)",
        "(&(uid={username})(seeAlso={dn}))"
    })
    void filtersThatAreNone(String filter) {
        assertThatThrownBy(() -> searching(Map.of("base", "dc=example,dc=org", "filter", filter)))
                .hasMessageContaining("search.filter: ");
    }

    @Test
    void whoSearchesHasAPassword() {
        Map<String, String> base = Map.of("base", "dc=example,dc=org");
        assertThatCode(() -> searching(base)).doesNotThrowAnyException();
        for (Map<String, String> more : List.of(
                Map.of("bind-dn", "cn=x"),
                Map.of("bind-password", "x"),
                Map.of("bind-dn", "cn=x", "bind-password", ""),
                Map.of("bind-dn", "no dn", "bind-password", "s3cr3t"),
                Map.of("bind-dn", "cn=x", "bind-password", "s3cr3t", "bind-password-file", "f"))) {
            Map<String, String> search = new HashMap<>(base);
            search.putAll(more);
            assertThatThrownBy(() -> searching(search))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageNotContaining("s3cr3t");
        }
    }

    @Test
    void neverShowsThePassword() {
        LdapSettings settings =
                searching(Map.of("base", "dc=example,dc=org", "bind-dn", "cn=x", "bind-password", "s3cr3t"));
        assertThat(settings.toString()).contains("cn=x").doesNotContain("s3cr3t");
    }

    @Test
    void groupsAreInOnePlace() {
        assertThatThrownBy(() -> direct("groups", Map.of())).hasMessageContaining("base and member-of");
        assertThatThrownBy(() -> direct("groups", Map.of("base", "dc=org", "member-of", "memberOf")))
                .hasMessageContaining("base and member-of");
        assertThatThrownBy(() -> direct("groups", Map.of("base", "dc=org", "filter", "(cn=x)")))
                .hasMessageContaining("groups.filter");
        assertThatThrownBy(() -> direct("attributes", List.of("Groups"))).hasMessageContaining("attributes: ");
        assertThatThrownBy(() -> direct("attributes", List.of("a b"))).hasMessageContaining("attributes: ");
    }

    @Test
    void everyProblemIsNamed() {
        assertThatThrownBy(
                        () -> bind(Map.of("url", "x", "pool-size", 0, "health-check", "1ms", "connect-timeout", "0s")))
                .hasMessageContaining("url: ")
                .hasMessageContaining("pool-size: ")
                .hasMessageContaining("health-check: ")
                .hasMessageContaining("connect-timeout: ")
                .hasMessageContaining("user-dn");
    }
}
