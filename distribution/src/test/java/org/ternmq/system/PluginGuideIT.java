package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** docs/writing-a-plugin.md, done to the letter: the files and commands are those of its text. */
@Timeout(300)
final class PluginGuideIT {
    private static final Pattern FILE = Pattern.compile("`([\\w/.]+)`:\n\n```(?:xml|java)\n(.*?)```\n", Pattern.DOTALL);
    private static final Pattern ARCHETYPE = Pattern.compile("mvn archetype:generate ((?:[^\n]*\\\\\n)*[^\n]*)\n");
    private static final Pattern YAML = Pattern.compile("```yaml\n(.*?)```\n", Pattern.DOTALL);
    private static final Pattern LOGIN = Pattern.compile("^mosquitto_pub (.*?) +# (.*)$", Pattern.MULTILINE);
    /** The guide leaves it to Maven which version of its plugin to take, which only Maven Central could tell. */
    private static final String GENERATE = "org.apache.maven.plugins:maven-archetype-plugin:3.4.1:generate";

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final String guide;

    PluginGuideIT() throws IOException {
        guide = Files.readString(Path.of(System.getProperty("ternmq.checkout", ".."), "docs", "writing-a-plugin.md"));
    }

    private Map<String, String> files() {
        Map<String, String> files = new LinkedHashMap<>();
        FILE.matcher(guide).results().forEach(found -> files.put(found.group(1), found.group(2)));
        return files;
    }

    private String first(Pattern pattern) {
        return pattern.matcher(guide).results().findFirst().orElseThrow().group(1);
    }

    @Test
    void leadsFromAnEmptyFolderToALogin(@TempDir Path empty) throws Exception {
        AuthorsMaven maven = new AuthorsMaven();
        List<String> generate = new ArrayList<>(List.of(GENERATE));
        generate.addAll(List.of(first(ARCHETYPE).replace("\\\n", " ").strip().split(" +")));
        maven.run(empty, generate);
        Path door = empty.resolve("door");

        assertThat(files())
                .containsOnlyKeys(
                        "pom.xml",
                        "src/main/java/example/DoorFactory.java",
                        "src/test/java/example/DoorConformanceTest.java",
                        "src/test/java/example/DoorInBrokerTest.java");
        for (Map.Entry<String, String> file : files().entrySet()) {
            assertThat(Files.readString(door.resolve(file.getKey())))
                    .as("what the archetype makes of %s is what the guide says", file.getKey())
                    .isEqualTo(file.getValue());
        }

        maven.run(door, List.of("package"));
        assertThat(door.resolve("target/surefire-reports")).isDirectoryContaining("glob:**TEST-*DoorInBrokerTest.xml");
        Path jar = door.resolve("target/door-1.0.0.jar");

        Path tree = brokers.base().resolve("tree");
        Trees.link(TernMq.shipped().tree(), tree);
        TernMq program = new TernMq(tree);
        assertThat(program.run("plugins", "verify", jar.toString()).exit()).isZero();
        Files.copy(jar, tree.resolve("plugins/door-1.0.0.jar"));
        assertThat(program.run("plugins", "list").out()).contains("authenticator door");

        BrokerProcess broker = brokers.folder("door", program)
                .configure(BrokerFolder.ONE_LISTENER + first(YAML))
                .start();
        List<MatchResult> logins = LOGIN.matcher(guide).results().toList();
        assertThat(logins).hasSize(2);
        for (MatchResult login : logins) {
            boolean in = login.group(2).startsWith("let in");
            assertThat(publish(broker, login.group(1))).as(login.group(1)).isEqualTo(in);
        }
        assertThat(broker.awaitLine("reason=0x86 wrong code", Duration.ofSeconds(10)))
                .isPresent();
    }

    private static boolean publish(BrokerProcess broker, String arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(External.program("mosquitto_pub"), "-p", Integer.toString(broker.port())));
        command.addAll(List.of(arguments.split(" +")));
        return TernMq.finish(new ProcessBuilder(command).start(), "", "mosquitto_pub")
                        .exit()
                == 0;
    }
}
