package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Maven as the author of a plugin calls it, outside this build. Its local repository is below {@code target}, and has the
 * artifacts of this build as {@code mvn install} would have put them there; what others have made it takes from the local
 * repository of whoever builds, and only what is not there from elsewhere.
 */
final class AuthorsMaven {
    /** What an author needs, by the folder of its module. */
    private static final Map<String, String> ARTIFACTS = Map.of(
            "broker-spi", "broker-spi",
            "broker-core", "broker-core",
            "broker-embedded", "broker-embedded",
            "archetype", "ternmq-plugin-archetype",
            "plugins/testkit", "testkit",
            "plugins/storage-memory", "storage-memory");
    /** Those that others inherit from. */
    private static final Map<String, String> PARENTS = Map.of("", "ternmq", "plugins", "plugins");

    private static final Path CHECKOUT = Path.of(System.getProperty("ternmq.checkout", ".."));
    private static final String VERSION = System.getProperty("ternmq.version", "");

    private final Path repository;
    private final Path settings;

    AuthorsMaven() throws IOException {
        Path base = Files.createDirectories(Path.of("target", "authors-maven").toAbsolutePath());
        repository = base.resolve("repository");
        settings = Files.writeString(
                base.resolve("settings.xml"),
                SETTINGS.replace(
                        "URL",
                        Path.of(System.getProperty("ternmq.repository", ""))
                                .toUri()
                                .toString()));
        for (Map.Entry<String, String> parent : PARENTS.entrySet()) {
            install(parent.getKey(), parent.getValue());
        }
        for (Map.Entry<String, String> artifact : ARTIFACTS.entrySet()) {
            Path to = install(artifact.getKey(), artifact.getValue());
            String file = artifact.getValue() + "-" + VERSION + ".jar";
            Files.copy(
                    CHECKOUT.resolve(artifact.getKey()).resolve("target").resolve(file),
                    to.resolve(file),
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private Path install(String module, String artifact) throws IOException {
        Path to = Files.createDirectories(
                repository.resolve("org/ternmq").resolve(artifact).resolve(VERSION));
        Files.copy(
                CHECKOUT.resolve(module).resolve("pom.xml"),
                to.resolve(artifact + "-" + VERSION + ".pom"),
                StandardCopyOption.REPLACE_EXISTING);
        return to;
    }

    /** Fails unless Maven succeeds. */
    void run(Path folder, List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("ternmq.maven", ""), "bin", "mvn").toString(),
                "-B",
                "-ntp",
                "-gs",
                settings.toString(),
                "-Dmaven.repo.local=" + repository));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().put("MAVEN_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m");
        Process process = builder.start();
        process.getOutputStream().close();
        Output out = new Output("out of mvn", process.getInputStream());
        Output err = new Output("err of mvn", process.getErrorStream());
        int exit = process.waitFor();
        out.awaitEnd();
        err.awaitEnd();
        assertThat(exit).as("mvn %s\n%s\n%s", arguments, out.text(), err.text()).isZero();
    }

    private static final String SETTINGS = """
            <settings>
              <profiles>
                <profile>
                  <id>builder</id>
                  <repositories>
                    <repository>
                      <id>builder</id>
                      <url>URL</url>
                      <releases><updatePolicy>never</updatePolicy><checksumPolicy>ignore</checksumPolicy></releases>
                      <snapshots><enabled>false</enabled></snapshots>
                    </repository>
                  </repositories>
                  <pluginRepositories>
                    <pluginRepository>
                      <id>builder</id>
                      <url>URL</url>
                      <releases><updatePolicy>never</updatePolicy><checksumPolicy>ignore</checksumPolicy></releases>
                      <snapshots><enabled>false</enabled></snapshots>
                    </pluginRepository>
                  </pluginRepositories>
                </profile>
              </profiles>
              <activeProfiles><activeProfile>builder</activeProfile></activeProfiles>
            </settings>
            """;
}
