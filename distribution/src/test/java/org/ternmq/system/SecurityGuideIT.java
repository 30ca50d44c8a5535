package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.InMemoryListenerConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The guide in docs/security.md, done as it is written: its files are written and its commands run in one shell, in their order, on a
 * copy of the shipped tree. Only ports are others, and a machine that does much else is given more time; mosquitto's clients
 * must do where the guide has the broker's own. A comment before each
 * block says what it is: {@code run} must succeed, {@code fails} must not, {@code prints} has texts that the one before it must
 * have written, in this order, {@code file} is a file, and {@code directory} runs where slapd is the directory.
 */
@Timeout(300)
@Execution(ExecutionMode.CONCURRENT)
final class SecurityGuideIT {
    private static final Pattern BLOCK =
            Pattern.compile("<!-- guide: (\\w+) ?(\\S*) -->\n```\\w*\n(.*?)```\n", Pattern.DOTALL);
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private record Block(String kind, String file, String text) {}

    @Test
    void isRightWithOpenLdap() throws Exception {
        External.program("slapd");
        follow(true, Map.of());
    }

    @Test
    void isRightWithADirectoryInMemoryAndOtherClients() throws Exception {
        External.program("mosquitto_pub");
        External.program("mosquitto_sub");
        follow(false, Map.of("bin/ternmq pub ", "mosquitto_pub ", "bin/ternmq sub ", "mosquitto_sub "));
    }

    private void follow(boolean openLdap, Map<String, String> clients) throws Exception {
        External.program("openssl");
        int ldaps = freePort();
        Map<String, String> others = new HashMap<>(clients);
        others.putAll(Map.of(
                "8883",
                Integer.toString(freePort()),
                "10636",
                Integer.toString(ldaps),
                "authentication:\n",
                "authentication:\n  timeout: 60s\n",
                "trust: ca.crt\n",
                "trust: ca.crt\n      response-timeout: 30s\n      connect-timeout: 20s\n"));
        List<Block> blocks = blocks(others);
        assertThat(blocks).as("blocks of the guide").hasSizeGreaterThan(40);
        Path tree = tree();
        InMemoryDirectoryServer directory = null;
        List<String> said = new ArrayList<>();
        try (Shell shell = new Shell(tree)) {
            for (Block block : blocks) {
                switch (block.kind()) {
                    case "file" -> {
                        Path file = tree.resolve(block.file());
                        Files.createDirectories(file.getParent());
                        Files.writeString(file, block.text());
                    }
                    case "prints" -> said = after(block, said);
                    case "run" -> said = shell.run(block.text(), true);
                    case "fails" -> said = shell.run(block.text(), false);
                    case "directory" -> {
                        if (openLdap) {
                            said = shell.run(block.text(), true);
                        } else if (directory == null) {
                            directory = inMemory(tree, ldaps);
                        }
                    }
                    default -> throw new AssertionError("a block of what kind? " + block);
                }
            }
        } finally {
            if (directory != null) {
                directory.shutDown(true);
            }
        }
    }

    private static List<Block> blocks(Map<String, String> others) throws IOException {
        String text = Files.readString(Path.of("..", "docs", "security.md"));
        for (Map.Entry<String, String> each : others.entrySet()) {
            assertThat(text).contains(each.getKey());
            text = text.replace(each.getKey(), each.getValue());
        }
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            blocks.add(new Block(matcher.group(1), matcher.group(2), matcher.group(3)));
        }
        assertThat(blocks).as("each comment has its block").hasSize(text.split("<!-- guide: ", -1).length - 1);
        return blocks;
    }

    /** What is left of lines behind those that have the texts of a block. */
    private static List<String> after(Block block, List<String> lines) {
        int at = 0;
        for (String expected : block.text().lines().toList()) {
            while (at < lines.size() && !lines.get(at).contains(expected.strip())) {
                at++;
            }
            assertThat(at)
                    .as("'%s' in, and after what was expected before, in:\n%s", expected, String.join("\n", lines))
                    .isLessThan(lines.size());
            at++;
        }
        return lines.subList(at, lines.size());
    }

    /** Links to the shipped files, but for the configuration, which the guide changes. */
    private Path tree() throws IOException {
        Path shipped = TernMq.shipped().tree();
        Path tree = brokers.base().resolve("tree");
        Trees.link(shipped, tree);
        try (Stream<Path> files = Files.list(tree.resolve("config"))) {
            for (Path file : files.toList()) {
                byte[] content = Files.readAllBytes(file);
                Files.delete(file);
                Files.write(file, content);
            }
        }
        return tree;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Serves the entries of the guide with the certificate of the guide. */
    private static InMemoryDirectoryServer inMemory(Path tree, int port) throws Exception {
        Path keys = tree.resolve("server.p12");
        Process export = new ProcessBuilder(
                        External.program("openssl"),
                        "pkcs12",
                        "-export",
                        "-in",
                        tree.resolve("config/server.crt").toString(),
                        "-inkey",
                        tree.resolve("config/server.key").toString(),
                        "-out",
                        keys.toString(),
                        "-passout",
                        "pass:" + TestCa.PASSWORD)
                .start();
        TernMq.Result exported = TernMq.finish(export, "", "openssl");
        assertThat(exported.exit()).as(exported.all()).isZero();
        KeyStore store = KeyStore.getInstance(keys.toFile(), TestCa.PASSWORD.toCharArray());
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(store, TestCa.PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        InMemoryDirectoryServerConfig config = new InMemoryDirectoryServerConfig("dc=example,dc=org");
        config.setSchema(null);
        config.setListenerConfigs(InMemoryListenerConfig.createLDAPSConfig(
                "ldaps", InetAddress.getLoopbackAddress(), port, context.getServerSocketFactory(), null));
        InMemoryDirectoryServer server = new InMemoryDirectoryServer(config);
        server.importFromLDIF(true, tree.resolve("directory/people.ldif").toString());
        server.startListening();
        return server;
    }

    /** One shell, as in a terminal: what a block has set or started is there for the next one. */
    private static final class Shell implements AutoCloseable {
        private final Path folder;
        private final Process process;
        private final Output output;
        private int seen;
        private int steps;

        Shell(Path folder) throws IOException {
            this.folder = folder;
            ProcessBuilder builder = new ProcessBuilder("env", "--default-signal", "sh");
            builder.environment().put("TERNMQ_JVM_OPTS", "-ea:org.ternmq... -Xmx512m");
            process =
                    builder.directory(folder.toFile()).redirectErrorStream(true).start();
            output = new Output("shell of the guide", process.getInputStream());
        }

        /** The lines that the commands write. All have to succeed, or, as one call, to fail. */
        List<String> run(String commands, boolean succeeds) throws IOException {
            Files.writeString(folder.resolve("step.sh"), commands);
            String mark = "=== end of step " + ++steps + ": ";
            String step = succeeds ? "set -e; . ./step.sh </dev/null; " : "set +e; (set -e; . ./step.sh) </dev/null; ";
            process.outputWriter().write(step + "echo \"" + mark + "$?\"\n");
            process.outputWriter().flush();
            String end = output.await(line -> line.startsWith(mark), PATIENCE)
                    .orElseThrow(() -> new AssertionError(
                            "these commands of the guide failed, or went on:\n" + commands + "\n" + output.text()));
            List<String> all = output.lines();
            int to = all.indexOf(end);
            List<String> lines = all.subList(seen, to);
            seen = to + 1;
            assertThat(end.equals(mark + "0"))
                    .as("success of:\n%s\nwhich said:\n%s", commands, String.join("\n", lines))
                    .isEqualTo(succeeds);
            return lines;
        }

        /** Ends what it has started as well, if a step has failed. */
        @Override
        public void close() throws InterruptedException {
            List<ProcessHandle> children = process.descendants().toList();
            process.destroy();
            for (ProcessHandle child : children) {
                child.destroy();
                try {
                    child.onExit().get(20, TimeUnit.SECONDS);
                } catch (ExecutionException | TimeoutException e) {
                    child.destroyForcibly();
                }
            }
        }
    }
}
