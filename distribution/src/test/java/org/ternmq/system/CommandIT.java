package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The calls of the command line that end at once. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
final class CommandIT {
    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final TernMq program = TernMq.shipped();

    @Test
    void tellsItsVersion() throws Exception {
        TernMq.Result result = program.run("version");
        assertThat(result.exit()).isZero();
        assertThat(result.out()).matches("TernMQ \\S+, Java \\S+, SPI \\d+\\.\\d+\\.\\d+");
    }

    @Test
    void saysThatACallIsUnknown() throws Exception {
        TernMq.Result result = program.run("strat");
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.err()).contains("strat").contains("start");
        assertThat(program.run("start", "--no-such-option").exit()).isEqualTo(2);
    }

    @Test
    void checksAConfiguration() throws Exception {
        BrokerFolder folder = brokers.folder("check");
        TernMq.Result good = program.run("check", "--config", folder.config().toString());
        assertThat(good.exit()).as(good.all()).isZero();
        assertThat(good.out()).isEqualTo("ok");

        folder.configure(BrokerFolder.ONE_LISTENER + "limits: {queue-messages: many}\nbrigdes: []\n");
        TernMq.Result bad = program.run("check", "--config", folder.config().toString());
        assertThat(bad.exit()).isEqualTo(2);
        assertThat(bad.all())
                .contains(folder.config() + ":3:26: limits.queue-messages: ")
                .contains(folder.config() + ":4:1: brigdes: ")
                .contains("bridges")
                .doesNotContain("\nok");
        assertThat(Files.exists(folder.data())).as("it only looks").isFalse();

        TernMq.Result none =
                program.run("check", "--config", folder.file("nowhere.yaml").toString());
        assertThat(none.exit()).isEqualTo(2);
        assertThat(none.all()).contains("nowhere.yaml");
    }

    @Test
    void checksTheBlocksOfPluginsWithTheRest() throws Exception {
        BrokerFolder folder = brokers.folder("check-plugins").configure("""
                authentication: {use: [{type: file, pth: users}]}
                storage: {type: memory, foo: 1}
                limits: {queue-messages: many}
                """);
        for (TernMq.Result result :
                List.of(program.run("check", "--config", folder.config().toString()), folder.startAndEnd())) {
            assertThat(result.exit()).isEqualTo(2);
            assertThat(result.all())
                    .contains("ternmq.yaml:1:37: authentication.use[0].pth: unknown key, did you mean 'path'?")
                    .contains("authentication.use[0].path: missing")
                    .contains("ternmq.yaml:2:25: storage.foo: unknown key")
                    .contains("ternmq.yaml:3:26: limits.queue-messages: ");
        }
        assertThat(folder.data()).doesNotExist();
    }

    @Test
    void checksTheFilesThatPluginsRead() throws Exception {
        BrokerFolder folder = brokers.folder("check-files").configure("""
                authentication:
                  use:
                    - {type: file, path: users}
                    - {type: scram, path: nowhere}
                authorization: {use: [{type: file, path: acl.yaml}]}
                """);
        folder.write("users", "# nobody\nada:plain\n");
        folder.write("acl.yaml", "evaluation: deny-wins\neveryone: [{alow: publish, topic: a}]\n");
        TernMq.Result bad = program.run("check", "--config", folder.config().toString());
        assertThat(bad.exit()).as(bad.all()).isEqualTo(2);
        assertThat(bad.out())
                .contains(folder.file("users") + ":2: ")
                .contains(folder.file("nowhere") + ": there is no such file")
                .contains(folder.file("acl.yaml") + ":2:13: everyone[0].alow: unknown key");
        assertThat(folder.data()).doesNotExist();
    }

    @Test
    void checksTheConfigurationThatIsShipped() throws Exception {
        Path shipped = program.tree().resolve("config/ternmq.yaml");
        assertThat(program.run("check", "--config", shipped.toString()).all().strip())
                .isEqualTo("ok");
        assertThat(program.run("check").all().strip()).isEqualTo("ok");
    }

    @Test
    void listsPlugins() throws Exception {
        TernMq.Result result = program.run("plugins", "list");
        assertThat(result.exit()).isZero();
        String version = program.run("version").out().split("[ ,]")[1];
        assertThat(result.out().lines())
                .anySatisfy(l -> assertThat(l).contains("auth-file", version, ">=1.0.0", "authenticator file"))
                .anySatisfy(l -> assertThat(l).contains("auth-scram", "enhanced authenticator scram"))
                .anySatisfy(l -> assertThat(l).contains("audit-log", "event listener audit-log"))
                .anySatisfy(l -> assertThat(l).contains("acl-file", "authorizer file"))
                .anySatisfy(l -> assertThat(l).contains("storage-mapdb", "storage mapdb"))
                .anySatisfy(l -> assertThat(l).contains("storage-memory", "storage memory"))
                .anySatisfy(l -> assertThat(l).contains("storage-rocksdb", "storage rocksdb"));
    }

    @Test
    void forgetsAPluginWhoseJarIsGone() throws Exception {
        Path copy = brokers.base().resolve("tree");
        Trees.link(program.tree(), copy);
        Files.delete(jar(copy.resolve("plugins"), "auth-file"));
        BrokerFolder folder = brokers.folder("without", new TernMq(copy))
                .configure(BrokerFolder.ONE_LISTENER + "authentication: {use: [{type: file, path: users}]}\n");
        assertThat(new TernMq(copy).run("plugins", "list").out()).doesNotContain("auth-file");
        TernMq.Result start = folder.startAndEnd();
        assertThat(start.exit()).as(start.all()).isEqualTo(3);
        assertThat(start.err()).contains("authentication.use[0].type");
    }

    @Test
    void refusesToStartWithAJarThatIsNoPlugin() throws Exception {
        Path copy = brokers.base().resolve("tree");
        Trees.link(program.tree(), copy);
        Files.createLink(copy.resolve("plugins/stray.jar"), jar(copy.resolve("lib"), "slf4j-api"));
        TernMq.Result start = brokers.folder("stray", new TernMq(copy)).startAndEnd();
        assertThat(start.exit()).as(start.all()).isEqualTo(3);
        assertThat(start.err()).contains("stray.jar").contains("Plugin-Id");
    }

    @Test
    void verifiesPlugins() throws Exception {
        try (Stream<Path> jars = Files.list(program.tree().resolve("plugins"))) {
            for (Path jar : jars.toList()) {
                TernMq.Result good = program.run("plugins", "verify", jar.toString());
                assertThat(good.exit()).as(good.all()).isZero();
                assertThat(good.out()).isEqualTo("ok");
            }
        }
        TernMq.Result bad = program.run(
                "plugins",
                "verify",
                jar(program.tree().resolve("lib"), "slf4j-api").toString());
        assertThat(bad.exit()).isEqualTo(3);
        assertThat(bad.all()).contains("Plugin-Id", "Plugin-Requires", "extensions.idx");
        Path noJar = brokers.base().resolve("no.jar");
        Files.writeString(noJar, "not a jar");
        assertThat(program.run("plugins", "verify", noJar.toString()).exit()).isEqualTo(3);
        assertThat(program.run("plugins", "verify", noJar + "x").exit()).isNotZero();
    }

    private static Path jar(Path folder, String name) throws Exception {
        try (Stream<Path> jars = Files.list(folder)) {
            return jars.filter(p -> p.getFileName().toString().startsWith(name + "-"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no " + name + " in " + folder));
        }
    }

    @Test
    void keepsAFileOfUsers() throws Exception {
        Path users = brokers.base().resolve("users");
        assertThat(passwd(users, "s3cret", "alice").exit()).isZero();
        assertThat(passwd(users, "other", "bob").exit()).isZero();
        List<String> two = Files.readAllLines(users);
        assertThat(two).hasSize(2);
        assertThat(two.get(0)).matches("alice:\\$7\\$\\d+\\$[A-Za-z0-9+/=]+\\$[A-Za-z0-9+/=]+");
        assertThat(two.get(1)).startsWith("bob:$7$");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(users)))
                .isEqualTo("rw-------");

        assertThat(passwd(users, "changed", "alice").exit()).isZero();
        List<String> changed = Files.readAllLines(users);
        assertThat(changed).hasSize(2);
        assertThat(changed.get(0)).startsWith("alice:$7$").isNotEqualTo(two.get(0));
        assertThat(changed.get(1)).isEqualTo(two.get(1));

        assertThat(program.run("passwd", users.toString(), "alice", "--delete").exit())
                .isZero();
        assertThat(Files.readAllLines(users)).containsExactly(two.get(1));
        assertThat(program.run("passwd", users.toString(), "alice", "--delete").exit())
                .isEqualTo(2);
        assertThat(passwd(users, "x", "with:colon").exit()).isEqualTo(2);
        assertThat(Files.readAllLines(users)).containsExactly(two.get(1));
    }

    @Test
    void keepsAFileOfUsersForScram() throws Exception {
        Path users = brokers.base().resolve("scram-users");
        assertThat(passwd(users, "s3cret", "alice", "--scram").exit()).isZero();
        assertThat(passwd(users, "other", "bob", "--scram", "--iterations", "20000")
                        .exit())
                .isZero();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(users)))
                .isEqualTo("rw-------");
        Files.setPosixFilePermissions(users, PosixFilePermissions.fromString("rw-r-----"));
        List<String> two = Files.readAllLines(users);
        assertThat(two).hasSize(2);
        assertThat(two.get(0)).startsWith("alice:SCRAM-SHA-256$100000:");
        assertThat(two.get(1)).startsWith("bob:SCRAM-SHA-256$20000:");

        assertThat(passwd(users, "changed", "alice", "--scram", "--mechanism", "SCRAM-SHA-512")
                        .exit())
                .isZero();
        assertThat(Files.readAllLines(users))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("alice:SCRAM-SHA-512$100000:"),
                        line -> assertThat(line).isEqualTo(two.get(1)));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(users)))
                .isEqualTo("rw-r-----");

        List<String> before = Files.readAllLines(users);
        for (String[] wrong : new String[][] {
            {"--scram", "--iterations", "9999"}, {"--scram", "--mechanism", "SCRAM-SHA-1"}, {"--iterations", "20000"}
        }) {
            TernMq.Result result = passwd(users, "x", "carol", wrong);
            assertThat(result.exit()).isEqualTo(2);
            assertThat(result.err()).isNotBlank();
        }
        assertThat(Files.readAllLines(users)).isEqualTo(before);
        assertThat(program.run("passwd", "--scram", users.toString(), "alice", "--delete")
                        .exit())
                .isZero();
        assertThat(Files.readAllLines(users)).containsExactly(two.get(1));
    }

    private TernMq.Result passwd(Path users, String password, String user, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("passwd", users.toString(), user, "--password-stdin"));
        arguments.addAll(List.of(more));
        return program.runWithInput(password + "\n", arguments.toArray(String[]::new));
    }
}
