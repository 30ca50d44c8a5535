package org.ternmq.broker.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.ConfigSource;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.config.Problems;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.AuthorizerFactory;
import org.ternmq.spi.RulesChanged;

/** Plugins beside each other and after their end. */
@Timeout(120)
final class PluginIsolationTest {
    private static final Path LIBRARIES = Path.of("target", "test-libraries").toAbsolutePath();
    private static final RulesChanged NOBODY = new RulesChanged() {
        @Override
        public void forEveryone() {}

        @Override
        public void forClient(String clientId) {}
    };

    @TempDir
    Path temp;

    private Path folder = Path.of("");
    private final Problems problems = new Problems();
    private Optional<PluginHost> open = Optional.empty();

    @BeforeEach
    void folder() throws Exception {
        folder = Files.createDirectory(temp.resolve("plugins"));
    }

    @AfterEach
    void close() {
        open.ifPresent(PluginHost::close);
    }

    private PluginHost load() {
        PluginHost host = PluginHost.load(folder, temp.resolve("data"), problems);
        open = Optional.of(host);
        assertThat(problems.lines()).isEmpty();
        return host;
    }

    /** An authorizer whose create runs some code; the factory's type says what an expression is worth. */
    private static JarMaker plugin(String id, String type, String create) {
        return JarMaker.plugin(id).extension("""
                package x;
                import org.ternmq.spi.*;
                public class A implements AuthorizerFactory {
                    public String type() { return %s; }
                    public Authorizer create(PluginContext c, RulesChanged r) throws Exception {
                        %s
                        return client -> null;
                    }
                }
                """.formatted(type, create));
    }

    private Authorizer make(PluginHost.Rescan in, String type) throws Exception {
        return make(open.orElseThrow(), in.find(AuthorizerFactory.class, type).orElseThrow(), type)
                .authorizer();
    }

    private record Made(Authorizer authorizer, InstanceContext context) {}

    private Made make(PluginHost host, AuthorizerFactory factory, String type) throws Exception {
        BrokerConfig config = BrokerConfig.load(
                ConfigSource.of(
                        "t.yaml",
                        "{authorization: {use: [{type: " + type + "}]}}",
                        folder,
                        List.of(),
                        Map.of(),
                        problems),
                problems);
        PluginBlock block = config.authorization().use().get(0);
        InstanceContext context = host.contextFor(block, factory, temp.resolve("data"), Clock.systemUTC());
        return new Made(
                PluginHost.callIn(PluginHost.loaderOf(factory), () -> factory.create(context, NOBODY)), context);
    }

    private AuthorizerFactory factory(PluginHost host, String type) {
        return host.find(AuthorizerFactory.class, type).orElseThrow();
    }

    /** Two of Jackson, and one of SnakeYAML, which the broker itself has in another version. */
    @Test
    void eachPluginHasItsOwnVersionOfALibrary() throws Exception {
        String jackson =
                "\"jackson-\" + com.fasterxml.jackson.core.json.PackageVersion.VERSION.toString().replace('.', '-')";
        String yaml = "\"yaml-\" + (org.yaml.snakeyaml.Yaml.class.getClassLoader() == A.class.getClassLoader())"
                + " + \"-\" + org.yaml.snakeyaml.Yaml.class.getProtectionDomain().getCodeSource().getLocation().getPath()"
                + ".replaceAll(\".*snakeyaml-|[.]jar\", \"\").replace('.', '-')";
        plugin("one", jackson, "")
                .library(LIBRARIES.resolve("jackson-core-2.17.2.jar"))
                .writeFolder(folder.resolve("one"));
        plugin("two", jackson, "")
                .library(LIBRARIES.resolve("jackson-core-2.22.4.jar"))
                .writeZip(folder.resolve("two.zip"), "");
        plugin("three", yaml, "")
                .library(LIBRARIES.resolve("snakeyaml-2.2.jar"))
                .writeFolder(folder.resolve("three"));

        assertThat(load().types(PluginKind.AUTHORIZER))
                .containsExactly("jackson-2-17-2", "jackson-2-22-4", "yaml-true-2-2");
        assertThat(org.yaml.snakeyaml.Yaml.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .getPath())
                .doesNotEndWith("snakeyaml-2.2.jar");
    }

    /** The class loader of what was replaced can be collected when the last instance of it is closed, and not before. */
    @Test
    void aReplacedPluginLeavesTheMemoryWithItsLastInstance() throws Exception {
        plugin("p", "\"p\"", "c.executor().submit(() -> {}).get();").write(folder.resolve("p.jar"));
        PluginHost host = load();
        AuthorizerFactory old = factory(host, "p");
        WeakReference<ClassLoader> loader = new WeakReference<>(PluginHost.loaderOf(old));
        Made made = make(host, old, "p");
        old = null;

        plugin("p", "\"p\"", "").attribute("Plugin-Version", "1.3.0").write(folder.resolve("p.jar"));
        PluginHost.Rescan found = host.rescan();
        assertThat(found.problems()).isEmpty();
        assertThat(host.plugins()).extracting(PluginDescription::version).containsExactly("1.2.3");
        make(found, "p");
        found.commit();
        assertThat(host.plugins()).extracting(PluginDescription::version).containsExactly("1.3.0");
        assertThat(loader.get()).isNotNull();
        made.authorizer().close();
        assertThat(made.context().end()).isEmpty();
        made = null;
        found = null;

        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            System.gc();
            assertThat(loader.get()).isNull();
        });
    }

    @Test
    void aLookThatIsDiscardedChangesNothing() throws Exception {
        plugin("p", "\"p\"", "").write(folder.resolve("p.jar"));
        PluginHost host = load();
        AuthorizerFactory before = factory(host, "p");
        assertThat(host.rescan().find(AuthorizerFactory.class, "p")).containsSame(before);

        plugin("p", "\"p\"", "").attribute("Plugin-Requires", ">=9.0.0").write(folder.resolve("p.jar"));
        PluginHost.Rescan found = host.rescan();
        assertThat(found.problems())
                .singleElement()
                .asString()
                .startsWith(folder.resolve("p.jar") + ": needs SPI >=9.0.0");
        found.discard();
        assertThat(factory(host, "p")).isSameAs(before);
    }

    private List<String> leftBy(String create) throws Exception {
        plugin("p", "\"p\"", create).write(folder.resolve("p.jar"));
        PluginHost host = load();
        Made made = make(host, factory(host, "p"), "p");
        Files.delete(folder.resolve("p.jar"));
        host.rescan().commit();
        made.authorizer().close();
        return made.context().end();
    }

    @Test
    void aThreadThatIsLeftBehindIsInterruptedAndEnds() throws Exception {
        assertThat(leftBy("""
                Thread t = new Thread(() -> { try { Thread.sleep(1_000_000); } catch (InterruptedException e) { } }, "sleeper");
                t.start();
                """)).isEmpty();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("sleeper");
    }

    @Test
    void aTimerThatIsLeftBehindIsNamed() throws Exception {
        assertThat(leftBy("new java.util.Timer(\"forgotten timer\", true);")).containsExactly("forgotten timer");
    }

    /** Found by its class, though it has another context class loader. */
    @Test
    void aThreadOfThePluginsOwnClassIsFoundToo() throws Exception {
        assertThat(leftBy("""
                Thread t = new Thread("stubborn") {
                    public void run() {
                        while (true) { try { Thread.sleep(100); } catch (InterruptedException e) { } }
                    }
                };
                t.setContextClassLoader(null);
                t.setDaemon(true);
                t.start();
                """)).containsExactly("stubborn");
    }

    /** The JDK waits for child processes on a thread that it keeps, with the context class loader of whoever was first. */
    @Test
    void threadsOfTheJdkAreNotHeldAgainstThePlugin() throws Exception {
        assertThat(leftBy("new ProcessBuilder(\"true\").start().waitFor();")).isEmpty();
    }

    @Test
    void tasksOfTheExecutorEndWithTheInstance() throws Exception {
        assertThat(
                        leftBy(
                                "c.executor().scheduleAtFixedRate(() -> {}, 0, 1, java.util.concurrent.TimeUnit.MILLISECONDS);"))
                .isEmpty();
    }

    @Test
    void aFloodOfLinesIsCutAndCountedUnderThePluginsName() throws Exception {
        plugin("p", "\"p\"", """
                org.slf4j.Logger log = org.slf4j.LoggerFactory.getLogger("flood.of.a.plugin");
                for (int i = 0; i < 100_000; i++) { log.error("line {}", i); log.debug("not counted"); }
                Thread.sleep(200);
                log.error("the last line");
                """).write(folder.resolve("p.jar"));
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        ch.qos.logback.classic.Logger flood =
                (ch.qos.logback.classic.Logger) LoggerFactory.getLogger("flood.of.a.plugin");
        ch.qos.logback.classic.Logger limit = (ch.qos.logback.classic.Logger) LoggerFactory.getLogger(LogLimit.class);
        flood.setAdditive(false);
        flood.addAppender(lines);
        limit.addAppender(lines);
        try {
            PluginHost host = load();
            make(host, factory(host, "p"), "p").context().close();
        } finally {
            flood.detachAppender(lines);
            limit.detachAppender(lines);
        }
        List<String> said =
                lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
        assertThat(said).hasSizeBetween(LogBudget.BURST, LogBudget.BURST + 60 * LogBudget.PER_SECOND);
        assertThat(said.get(said.size() - 1)).isEqualTo("the last line");
        assertThat(said.get(said.size() - 2)).matches("Plugin p logs too much: \\d+ lines of it were left out");
    }
}
