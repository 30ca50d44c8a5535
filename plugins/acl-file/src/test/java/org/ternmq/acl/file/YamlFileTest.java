package org.ternmq.acl.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.spi.ConfigurationException;

/** What is wrong with a file is said, all at once, with line and column. */
final class YamlFileTest {
    private static List<String> problems(String text) {
        ConfigurationException e =
                catchThrowableOfType(ConfigurationException.class, () -> YamlFile.read(Path.of("acl.yaml"), text));
        assertThat(e).as("it is refused").isNotNull();
        return e.problems();
    }

    @Test
    void everyProblemIsNamedAtItsPlace() {
        assertThat(problems("""
                        evaluation: deny-win
                        rols: {}
                        roles:
                          sensor:
                            - {allow: publish, topic: "a/#/b"}
                            - {allow: publich, topic: "a"}
                            - {alow: publish, topic: "a"}
                            - {allow: publish, deny: publish, topic: "a"}
                            - {allow: publish}
                            - {allow: publish, topic: "a", qos: 3}
                            - {allow: publish, topic: "a", retain: maybe}
                            - {allow: subscribe, topic: "a", retain: true}
                            - {deny: [], topic: []}
                            - {deny: publish, topic: "%x"}
                            - just words
                        users:
                          ada: [senser, sensor]
                          bob:
                        groups: {roles: {a: [sensor]}, seperator: ","}
                        """))
                .containsExactly(
                        "acl.yaml:1:13: evaluation: unknown 'deny-win', did you mean 'deny-wins'?",
                        "acl.yaml:2:1: rols: unknown key, did you mean 'roles'?",
                        "acl.yaml:5:31: roles.sensor[0].topic: 'a/#/b' is no topic filter: '#' must be the whole last level",
                        "acl.yaml:6:15: roles.sensor[1].allow: unknown action 'publich', did you mean 'publish'?",
                        "acl.yaml:7:7: roles.sensor[2]: a rule has either allow or deny",
                        "acl.yaml:7:8: roles.sensor[2].alow: unknown key, did you mean 'allow'?",
                        "acl.yaml:8:7: roles.sensor[3]: a rule has either allow or deny",
                        "acl.yaml:9:7: roles.sensor[4].topic: missing",
                        "acl.yaml:10:41: roles.sensor[5].qos: expected 0, 1 or 2, found '3'",
                        "acl.yaml:11:44: roles.sensor[6].retain: expected true or false, found 'maybe'",
                        "acl.yaml:12:46: roles.sensor[7].retain: is for rules on publish alone",
                        "acl.yaml:13:14: roles.sensor[8].deny: the list is empty",
                        "acl.yaml:13:25: roles.sensor[8].topic: the list is empty",
                        "acl.yaml:14:30: roles.sensor[9].topic: '%x' is no topic filter:"
                                + " '%' begins %u, %c or %{attribute}; write %% for a percent sign itself",
                        "acl.yaml:15:7: roles.sensor[10]: expected a block of keys, found 'just words'",
                        "acl.yaml:17:9: users.ada[0]: there is no role 'senser', did you mean 'sensor'?",
                        "acl.yaml:18:7: users.bob: expected a word, found nothing",
                        "acl.yaml:19:9: groups.attribute: missing",
                        "acl.yaml:19:32: groups.seperator: unknown key, did you mean 'separator'?");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "# nothing\n",
                "[]",
                "deny-wins",
                "evaluation:",
                "evaluation: [deny-wins]",
                "{",
                "a: b: c",
                "evaluation: deny-wins\nevaluation: deny-wins",
                "evaluation: deny-wins\n---\nevaluation: first-match",
                "evaluation: deny-wins\neveryone: !!java.net.URL [x]",
                "evaluation: deny-wins\neveryone: [!x {allow: publish, topic: a}]",
                "evaluation: deny-wins\neveryone: [{allow: publish, topic: ''}]",
                "evaluation: deny-wins\neveryone: [{allow: publish, topic: 'a\\0b'}, {allow: publish, topic: \"a\\0b\"}]",
                "evaluation: deny-wins\neveryone: [{allow: publish, topic: '%{}'}]",
                "evaluation: deny-wins\neveryone: [{allow: publish, topic: '%'}]",
                "evaluation: deny-wins\neveryone: [{allow: publish, topic: '%u+'}]",
                "evaluation: deny-wins\neveryone: [nobody]",
                "evaluation: deny-wins\n? [a]\n: b",
                "evaluation: deny-wins\nroles: &r {a: [*r]}",
            })
    void whatIsNoFileOfRulesIsRefusedAsAWhole(String text) {
        assertThat(problems(text))
                .isNotEmpty()
                .allSatisfy(problem -> assertThat(problem).startsWith("acl.yaml:"));
    }

    @Test
    void aDeepFilterIsRefused() {
        assertThat(problems("evaluation: deny-wins\neveryone: [{deny: publish, topic: '" + "a/".repeat(300) + "b'}]"))
                .singleElement()
                .asString()
                .endsWith("more than 200 levels");
    }

    @Test
    void theShippedFileCanBeUsed() throws Exception {
        Path shipped = Path.of("..", "..", "config", "acl.yaml");
        assertThat(YamlFile.read(shipped, Files.readString(shipped))).isInstanceOf(AccessList.Roles.class);
    }
}
