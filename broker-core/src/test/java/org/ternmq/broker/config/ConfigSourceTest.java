package org.ternmq.broker.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigSourceTest {
    private final Problems problems = new Problems();

    @TempDir
    Path folder;

    @Test
    void relativePathsAreRelativeToTheFile() throws Exception {
        Path file = Files.writeString(folder.resolve("t.yaml"), "data: ../d");

        BrokerConfig config = BrokerConfig.load(
                ConfigSource.read(Optional.of(file), Path.of("/elsewhere"), List.of(), Map.of(), problems), problems);
        BrokerConfig without = BrokerConfig.load(
                ConfigSource.read(Optional.empty(), Path.of("/base"), List.of("data=x"), Map.of(), problems), problems);

        assertThat(config.data()).contains(folder.toAbsolutePath().resolveSibling("d"));
        assertThat(without.data()).contains(Path.of("/base/x"));
        assertThat(problems.lines()).isEmpty();
    }

    @Test
    void filesThatCannotBeReadAreProblems() throws Exception {
        Path nosuch = folder.resolve("nosuch.yaml");
        Path latin = Files.write(folder.resolve("latin.yaml"), "data: é".getBytes(StandardCharsets.ISO_8859_1));
        Path huge = Files.writeString(folder.resolve("huge.yaml"), "#".repeat((4 << 20) + 1));

        for (Path file : List.of(nosuch, latin, huge, folder)) {
            ConfigSource.read(Optional.of(file), folder, List.of(), Map.of(), problems);
        }

        assertThat(problems.lines()).hasSize(4);
        assertThat(problems.lines().subList(0, 3))
                .containsExactly(
                        nosuch + ": there is no such file", latin + ": not valid UTF-8", huge + ": larger than 4MiB");
        assertThat(problems.lines().get(3)).startsWith(folder + ": cannot be read");
        assertThat(problems.exitCode()).isEqualTo(2);
    }

    @Test
    void aByteOrderMarkIsNoKey() throws Exception {
        Path file = Files.writeString(folder.resolve("t.yaml"), "\uFEFFevent-loops: 2");

        BrokerConfig config = BrokerConfig.load(
                ConfigSource.read(Optional.of(file), folder, List.of(), Map.of(), problems), problems);

        assertThat(problems.lines()).isEmpty();
        assertThat(config.eventLoops()).isEqualTo(2);
    }

    @Test
    void mistakesOfYamlItselfHaveAPlace() {
        assertThat(wrong("limits:\n  a: [1, 2\nb: 3"))
                .singleElement()
                .asString()
                .startsWith("t.yaml:3:2: not valid YAML: ");
        assertThat(wrong("limits:\n\tqueue-messages: 3"))
                .singleElement()
                .asString()
                .startsWith("t.yaml:2:1: not valid YAML: ");
        assertThat(wrong("data: a\n---\ndata: b"))
                .singleElement()
                .asString()
                .startsWith("t.yaml:2:1: not valid YAML: ");
        assertThat(wrong("- a\n- b")).containsExactly("t.yaml:1:1: expected keys such as 'listeners:', found a list");
        assertThat(wrong("data: \"a\u0007b\"")).singleElement().asString().startsWith("t.yaml: not valid YAML: ");
    }

    @Test
    void aKeyWrittenTwiceIsAnError() {
        assertThat(wrong(
                        "event-loops: 1\nlimits:\n  in-flight: 1\n  queue-messages: 2\n  in-flight: 3\nevent-loops: 1"))
                .containsExactly(
                        "t.yaml:5:3: limits.in-flight: written twice, first at line 3",
                        "t.yaml:6:1: event-loops: written twice, first at line 1");
    }

    @Test
    void tagsMergeKeysAndLoopsAreRefused() {
        assertThat(wrong("data: !!java.io.File [x]"))
                .singleElement()
                .asString()
                .isEqualTo("t.yaml:1:7: not valid YAML: Global tag is not allowed: tag:yaml.org,2002:java.io.File");
        assertThat(wrong("data: !secret x").get(0))
                .startsWith("t.yaml:1:7: data: tags are not allowed, found '!secret'");
        assertThat(wrong("data: !!binary aGVsbG8=")).hasSize(1);
        assertThat(wrong("limits: &l {in-flight: 3}\nprotocol: {<<: *l}"))
                .containsExactly(
                        "t.yaml:2:12: protocol.<<: merge keys are not supported; an alias can repeat a whole value");
        assertThat(wrong("bridges: &b [*b]")).first().asString().contains("contains itself through an alias");
        assertThat(wrong("? [a]\n: b")).containsExactly("t.yaml:1:3: a key must be text");
    }

    @Test
    void anAliasRepeatsAValue() {
        BrokerConfig config =
                load("authentication: {use: &u [{type: file}]}\nauthorization: {use: *u}", List.of(), Map.of());

        assertThat(problems.lines()).isEmpty();
        assertThat(config.authorization().use())
                .singleElement()
                .satisfies(b -> assertThat(b.name()).isEqualTo("authorization-file"));
    }

    @Test
    void whatAFewAliasesBlowUpIsBounded() {
        StringBuilder doubled = new StringBuilder("a0: &a0 [x]\n");
        for (int i = 1; i < 24; i++) {
            doubled.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        assertThat(wrong(doubled.toString())).singleElement().asString().contains("more than 200000 values");
        assertThat(wrong("a: &a [x]\nb: [" + "*a, ".repeat(60) + "x]"))
                .singleElement()
                .asString()
                .contains("Number of aliases");
        assertThat(wrong("data: " + "[".repeat(1000)))
                .singleElement()
                .asString()
                .contains("not valid YAML");
    }

    @Test
    void variablesAreReplacedInValues() {
        Map<String, String> environment = Map.of("PORT", "1999", "LOOPS", "2", "EVIL", "${PORT}");
        BrokerConfig config = load("""
                event-loops: ${LOOPS}
                listeners: [{name: a, bind: "127.0.0.1:${PORT}"}]
                storage: {type: "${TYPE:memory}", durability: "${NOT_SET:power}"}
                authentication: {use: [{type: file, path: "${NONE:}a$${PORT}${EVIL}"}]}
                """, List.of(), environment);

        assertThat(problems.lines()).isEmpty();
        assertThat(config.eventLoops()).isEqualTo(2);
        assertThat(config.listeners().get(0).bind().toString()).endsWith(":1999");
        assertThat(config.storage().plugin().type()).isEqualTo("memory");
        assertThat(config.storage().durability()).isEqualTo(org.ternmq.spi.Storage.Durability.POWER);
        assertThat(config.authentication().use().get(0).bind(Word.class).path()).isEqualTo("a${PORT}${PORT}");
    }

    record Word(String path) {}

    @Test
    void aVariableThatIsMissingIsAProblemAndOneThatIsWrongDoesNotShowItsValue() {
        load("data: ${NOSUCH}\nevent-loops: ${SECRET}\nstorage: {type: '${'}", List.of(), Map.of("SECRET", "hunter2"));

        assertThat(problems.lines())
                .containsExactly(
                        "t.yaml:1:7: data: the environment variable NOSUCH is not set, and there is no default",
                        "t.yaml:2:14: event-loops: expected a whole number, found the value of '${SECRET}'",
                        "t.yaml:3:17: storage.type: '${' must be followed by NAME} or NAME:default}; write $${ for the text itself");
        assertThat(problems.lines()).noneMatch(line -> line.contains("hunter2"));
    }

    @Test
    void setGoesOverTheFileAndMakesWhatIsMissing() {
        BrokerConfig config = load(
                "limits: {in-flight: 3, queue-messages: 4}",
                List.of(
                        "listeners[0].bind=127.0.0.1:0",
                        "listeners[1].name=six",
                        "listeners[1].bind=[::1]:0",
                        "storage.type=memory",
                        "limits.in-flight=5",
                        "limits.in-flight=6",
                        "authentication.use=[{type: file, path: \"a b\"}]",
                        "authentication.use[0].path=#x: y",
                        "authorization.use[0].type=${T:acl}"),
                Map.of());

        assertThat(problems.lines()).isEmpty();
        assertThat(config.listeners())
                .extracting(l -> l.name() + " " + l.bind())
                .containsExactly("mqtt 127.0.0.1:0", "six [::1]:0");
        assertThat(config.storage().plugin().type()).isEqualTo("memory");
        assertThat(config.limits().inFlight()).isEqualTo(6);
        assertThat(config.limits().queueMessages()).isEqualTo(4);
        assertThat(config.authentication().use().get(0).bind(Word.class).path()).isEqualTo("#x: y");
        assertThat(config.authorization().use().get(0).type()).isEqualTo("acl");
    }

    @Test
    void setOverAListThatIsWrittenChangesIt() {
        BrokerConfig config = load(
                "listeners: [{name: a, bind: '127.0.0.1:1'}, {name: b, bind: '127.0.0.1:2'}]",
                List.of("listeners[1].bind=127.0.0.1:3"),
                Map.of());

        assertThat(config.listeners())
                .extracting(l -> l.name() + " " + l.bind())
                .containsExactly("a 127.0.0.1:1", "b 127.0.0.1:3");
    }

    @Test
    void whatCannotBeSetIsSaid() {
        load(
                "data: x\nbridges: []",
                List.of(
                        "storage",
                        "storage..type=x",
                        "=x",
                        "data.x=1",
                        "listeners[7].name=x",
                        "data[0]=x",
                        "bridges=[{type: x",
                        "limits.in-flight=many",
                        "limits.inflight=1"),
                Map.of());

        assertThat(problems.lines())
                .contains(
                        "--set storage: expected path.to.key=value, such as listeners[0].bind=127.0.0.1:1883",
                        "--set storage..type=x: expected path.to.key=value, such as listeners[0].bind=127.0.0.1:1883",
                        "--set =x: expected path.to.key=value, such as listeners[0].bind=127.0.0.1:1883",
                        "--set data.x: 'x' cannot be set in 'x'",
                        "--set listeners[7].name: [7] would leave a gap: the list has 1",
                        "--set data[0]: [0] is not there: found 'x'",
                        "--set limits.in-flight: limits.in-flight: expected a whole number, found 'many'",
                        "--set limits.inflight: limits.inflight: unknown key, did you mean 'in-flight'?");
        assertThat(problems.lines()).anyMatch(line -> line.startsWith("--set bridges: bridges: not valid YAML"));
        assertThat(problems.lines()).hasSize(9);
    }

    private BrokerConfig load(String yaml, List<String> sets, Map<String, String> environment) {
        return BrokerConfig.load(ConfigSource.of("t.yaml", yaml, folder, sets, environment, problems), problems);
    }

    private List<String> wrong(String yaml) {
        Problems own = new Problems();
        ConfigSource source = ConfigSource.of("t.yaml", yaml, folder, List.of(), Map.of(), own);
        if (own.isEmpty()) {
            BrokerConfig.load(source, own);
        }
        return own.lines();
    }
}
