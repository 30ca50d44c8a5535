package org.ternmq.broker.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.ConfigSource;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.config.Version;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.AuthorizerFactory;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.RulesChanged;
import org.ternmq.spi.Spi;
import org.ternmq.spi.StorageFactory;

final class PluginHostTest {
    private final Problems problems = new Problems();
    private final RulesChanged changed = new RulesChanged() {
        @Override
        public void forEveryone() {}

        @Override
        public void forClient(String clientId) {}
    };

    @TempDir
    Path folder;

    private Optional<PluginHost> open = Optional.empty();

    @AfterEach
    void close() {
        open.ifPresent(PluginHost::close);
    }

    @Test
    void aJarDroppedInTheFolderIsFoundByKindAndType() throws Exception {
        Path jar = JarMaker.plugin("mine")
                .extension(JarMaker.authorizer("A", "mine"))
                .extension(JarMaker.authorizer("B", "other"))
                .write(folder.resolve("mine.jar"));
        Files.writeString(folder.resolve("README"), "not a plugin");
        Files.writeString(folder.resolve("disabled.txt"), "mine");

        PluginHost host = load();

        assertThat(problems.lines()).isEmpty();
        assertThat(host.find(AuthorizerFactory.class, "mine"))
                .get()
                .satisfies(f -> assertThat(f.type()).isEqualTo("mine"));
        assertThat(host.find(AuthorizerFactory.class, "nosuch")).isEmpty();
        assertThat(host.find(StorageFactory.class, "mine")).isEmpty();
        assertThat(host.plugins()).singleElement().satisfies(d -> {
            assertThat(d.id()).isEqualTo("mine");
            assertThat(d.version()).isEqualTo("1.2.3");
            assertThat(d.requires()).isEqualTo(">=1.0.0 & <2.0.0");
            assertThat(d.jar()).contains(jar);
            assertThat(d.offers()).extracting(Object::toString).containsExactly("authorizer mine", "authorizer other");
            assertThat(d.problems()).isEmpty();
        });
    }

    /** What a plugin can load, as the words of the type it offers: asked inside its class loader. */
    @Test
    void aPluginSeesThePlatformTheSpiAndItsOwnJarOnly() throws Exception {
        JarMaker.plugin("curious")
                .extension("""
                        package x;
                        import org.ternmq.spi.*;
                        public class Curious implements AuthorizerFactory {
                            private final String seen;
                            private final ClassLoader context = Thread.currentThread().getContextClassLoader();
                            public Curious() {
                                StringBuilder b = new StringBuilder("sees");
                                for (String name : new String[] {
                                    "java.sql.Connection", "org.slf4j.LoggerFactory", "org.ternmq.spi.Spi", "org.pf4j.Extension",
                                    "org.jspecify.annotations.Nullable", "io.netty.buffer.ByteBuf",
                                    "org.ternmq.broker.config.BrokerConfig", "ch.qos.logback.classic.Logger",
                                    "org.yaml.snakeyaml.Yaml"}) {
                                    try {
                                        Class.forName(name, false, getClass().getClassLoader());
                                        b.append("-y");
                                    } catch (ClassNotFoundException e) {
                                        b.append("-n");
                                    }
                                }
                                b.append(getClass().getResource("/org/ternmq/broker/version.properties") == null ? "-n" : "-y");
                                b.append(context == getClass().getClassLoader() ? "-y" : "-n");
                                b.append(picocli.CommandLine.WHO.equals("mine") ? "-y" : "-n");
                                seen = b.toString();
                            }
                            public String type() {
                                return Thread.currentThread().getContextClassLoader() == context ? seen : "lost";
                            }
                            public Authorizer create(PluginContext c, RulesChanged r) { return null; }
                        }
                        """)
                // also in the broker: the plugin's own comes first
                .source("package picocli; public class CommandLine { public static final String WHO = \"mine\"; }")
                .write(folder.resolve("curious.jar"));

        PluginHost host = load();

        assertThat(problems.lines()).isEmpty();
        assertThat(host.types(PluginKind.AUTHORIZER)).containsExactly("sees-y-y-y-y-y-n-n-n-n-n-y-y");
    }

    @Test
    void aRangeThatDoesNotFitIsAnErrorAndNotAPluginThatIsQuietlyOff() throws Exception {
        JarMaker.plugin("late")
                .attribute("Plugin-Requires", ">=9.0.0")
                .extension(JarMaker.authorizer("A", "late"))
                .write(folder.resolve("late.jar"));

        PluginHost host = load();

        assertThat(problems.lines())
                .containsExactly(
                        folder.resolve("late.jar") + ": needs SPI >=9.0.0, but this broker has SPI " + Spi.VERSION);
        assertThat(problems.exitCode()).isEqualTo(3);
        assertThat(host.find(AuthorizerFactory.class, "late")).isEmpty();
        assertThat(host.plugins())
                .singleElement()
                .satisfies(d -> assertThat(d.problems()).hasSize(1));
    }

    @Test
    void twoOfOneTypeAreAnErrorThatNamesBoth() throws Exception {
        JarMaker.plugin("one").extension(JarMaker.authorizer("A", "same")).write(folder.resolve("a.jar"));
        JarMaker.plugin("two").extension(JarMaker.authorizer("B", "same")).write(folder.resolve("b.jar"));
        JarMaker.plugin("one").extension(JarMaker.authorizer("C", "more")).write(folder.resolve("c.jar"));

        load();

        assertThat(problems.lines())
                .containsExactly(
                        folder.resolve("b.jar")
                                + ": offers authorizer type 'same' (x.B), which a.jar offers too: remove one of the two",
                        folder.resolve("c.jar")
                                + ": is plugin 'one' 1.2.3 once more, which is in a.jar already: remove one of the two");
    }

    @Test
    void whatAFactoryThrowsIsReportedInWords() throws Exception {
        JarMaker.plugin("a").extension("""
                package x;
                import org.ternmq.spi.*;
                public class A implements AuthorizerFactory {
                    public A() { throw new IllegalStateException("no licence"); }
                    public String type() { return "a"; }
                    public Authorizer create(PluginContext c, RulesChanged r) { return null; }
                }
                """).write(folder.resolve("a.jar"));
        JarMaker.plugin("b").extension("""
                        package x;
                        import org.ternmq.spi.*;
                        public class B implements AuthorizerFactory {
                            private final Object o = new io.netty.buffer.EmptyByteBuf(null);
                            public String type() { return "b"; }
                            public Authorizer create(PluginContext c, RulesChanged r) { return null; }
                        }
                        """).write(folder.resolve("b.jar"));
        JarMaker.plugin("c").extension(JarMaker.authorizer("C", "Not A Type")).write(folder.resolve("c.jar"));
        JarMaker.plugin("d").extension("""
                package x;
                import org.ternmq.spi.*;
                public class D implements AuthorizerFactory {
                    public String type() { throw new UnsupportedOperationException("later"); }
                    public Authorizer create(PluginContext c, RulesChanged r) { return null; }
                }
                """).write(folder.resolve("d.jar"));
        JarMaker.plugin("ok").extension(JarMaker.authorizer("Ok", "ok")).write(folder.resolve("ok.jar"));

        PluginHost host = load();

        assertThat(problems.lines())
                .containsExactly(
                        folder.resolve("a.jar") + ": x.A cannot be made: java.lang.IllegalStateException: no licence",
                        folder.resolve("b.jar")
                                + ": x.B cannot be made: it needs the class io.netty.buffer.EmptyByteBuf, which is neither in"
                                + " the plugin nor given to plugins by the broker",
                        folder.resolve("c.jar")
                                + ": x.C has the type 'Not A Type', which is not made of lower-case letters, digits and hyphens",
                        folder.resolve("d.jar")
                                + ": x.D does not tell its type: java.lang.UnsupportedOperationException: later");
        assertThat(host.types(PluginKind.AUTHORIZER)).containsExactly("ok");
    }

    @Test
    void aFolderThatIsNotThereIsAProblem() {
        PluginHost host = PluginHost.load(folder.resolve("nosuch"), problems);

        assertThat(problems.lines()).singleElement().asString().contains("nosuch");
        assertThat(problems.exitCode()).isEqualTo(3);
        assertThat(host.plugins()).isEmpty();
    }

    @Test
    void aMissingTypeIsReportedTogetherWithWhatIsWrongElsewhere() throws Exception {
        JarMaker.plugin("one")
                .extension(JarMaker.authorizer("A", "file"))
                .extension(JarMaker.authorizer("B", "acl"))
                .write(folder.resolve("a.jar"));
        BrokerConfig config = config("""
                listeners:
                  - {name: mqtt, bind: "127.0.0.1:1883"}
                  - {name: mqtt, bind: "127.0.0.1:1884"}
                limits: {queue-messages: many}
                authorization:
                  use: [{type: file}, {type: nosuch}]
                evnets: []
                """);

        load().check(config, problems);

        assertThat(problems.lines())
                .containsExactly(
                        "t.yaml:3:12: listeners[1].name: the name 'mqtt' is already that of listeners[0]",
                        "t.yaml:4:26: limits.queue-messages: expected a whole number, found 'many'",
                        "t.yaml:6:30: authorization.use[1].type: no plugin offers authorization type 'nosuch'; installed: acl, file",
                        "t.yaml:7:1: evnets: unknown key, did you mean 'events'?",
                        "default: storage.type: no plugin offers storage type 'rocksdb'; installed: none");
        assertThat(problems.exitCode()).isEqualTo(2);
    }

    @Test
    void onlyPluginsMissingIsExitCodeThree() throws Exception {
        load().check(config("storage: {type: memory}"), problems);

        assertThat(problems.lines())
                .containsExactly("t.yaml:1:17: storage.type: no plugin offers storage type 'memory'; installed: none");
        assertThat(problems.exitCode()).isEqualTo(3);
    }

    @Test
    void aPluginBindsItsBlockToARecordOfItsOwn() throws Exception {
        JarMaker.plugin("p").extension("""
                package x;
                import org.ternmq.spi.*;
                public class A implements AuthorizerFactory {
                    private record Settings(String word, @Default("3s") java.time.Duration delay, java.util.List<Inner> inner) {
                        Settings { if (word.isEmpty()) throw new IllegalArgumentException("word is empty"); }
                    }
                    record Inner(java.nio.file.Path path, Mode mode) {}
                    enum Mode { READ_ONLY, READ_WRITE }
                    public String type() { return "p"; }
                    public Authorizer create(PluginContext c, RulesChanged r) {
                        Settings s = c.config(Settings.class);
                        if (!s.equals(c.config(Settings.class))) throw new AssertionError();
                        throw new IllegalStateException(s.toString());
                    }
                }
                """).write(folder.resolve("p.jar"));
        AuthorizerFactory factory = load().find(AuthorizerFactory.class, "p").orElseThrow();

        assertThatThrownBy(() -> factory.create(
                        context(factory, "{type: p, name: n, word: w, inner: [{path: f, mode: read-only}]}"), changed))
                .hasMessage("Settings[word=w, delay=PT3S, inner=[Inner[path="
                        + folder.resolve("f").toAbsolutePath() + ", mode=READ_ONLY]]]");
        assertThatThrownBy(() ->
                        factory.create(context(factory, "{type: p, wrod: w, inner: [{path: f, mode: x}]}"), changed))
                .isInstanceOfSatisfying(
                        ConfigurationException.class,
                        e -> assertThat(e.problems())
                                .containsExactly(
                                        "t.yaml:1:23: authorization.use[0].word: missing",
                                        "t.yaml:1:33: authorization.use[0].wrod: unknown key, did you mean 'word'?",
                                        "t.yaml:1:66: authorization.use[0].inner[0].mode: expected one of read-only, read-write, found 'x'"));
        assertThatThrownBy(() -> factory.create(context(factory, "{type: p, word: ''}"), changed))
                .isInstanceOfSatisfying(
                        ConfigurationException.class,
                        e -> assertThat(e.problems())
                                .containsExactly("t.yaml:1:23: authorization.use[0]: word is empty"));
    }

    @Test
    void aContextHasTheInstancesNameFolderAndHelpers() throws Exception {
        JarMaker.plugin("p").extension(JarMaker.authorizer("A", "p")).write(folder.resolve("p.jar"));
        AuthorizerFactory factory = load().find(AuthorizerFactory.class, "p").orElseThrow();

        InstanceContext context = context(factory, "{type: p}");

        assertThat(context.name()).isEqualTo("authorization-p");
        assertThat(context.dataDirectory())
                .isEqualTo(folder.resolve("data/authorization-p").toAbsolutePath());
        assertThat(context.dataDirectory()).isDirectory();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(context.dataDirectory())))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("data"))))
                .isEqualTo("rwx------");
        assertThat(context.resolve("a/../b")).isEqualTo(folder.resolve("b").toAbsolutePath());
        assertThat(context.resolve("/b")).isEqualTo(Path.of("/b"));
        assertThat(context.clock()).isEqualTo(Clock.systemUTC());
        assertThat(context.brokerVersion())
                .isEqualTo(Version.current().broker())
                .doesNotContain("$");
        assertThat(Version.current().spi()).isEqualTo(Spi.VERSION);
    }

    @Test
    void theExecutorCarriesTheInstanceAndOutlivesTasksThatThrow() throws Exception {
        JarMaker.plugin("p").extension(JarMaker.authorizer("A", "p")).write(folder.resolve("p.jar"));
        PluginHost host = load();
        AuthorizerFactory factory = host.find(AuthorizerFactory.class, "p").orElseThrow();
        InstanceContext context = context(factory, "{type: p}");
        ScheduledExecutorService executor = context.executor();
        AtomicReference<Thread> thread = new AtomicReference<>();
        AtomicReference<ClassLoader> loader = new AtomicReference<>();
        CountDownLatch runs = new CountDownLatch(3);

        executor.scheduleAtFixedRate(
                () -> {
                    thread.set(Thread.currentThread());
                    loader.set(Thread.currentThread().getContextClassLoader());
                    runs.countDown();
                    throw new IllegalStateException("each time");
                },
                0,
                1,
                TimeUnit.MILLISECONDS);

        assertThat(runs.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(thread.get().getName()).startsWith("authorization-p-");
        assertThat(loader.get()).isSameAs(factory.getClass().getClassLoader());
        assertThat(context.failedTasks()).isGreaterThanOrEqualTo(2);

        host.close();
        assertThat(executor.isTerminated()).isTrue();
        executor.execute(() -> thread.set(null));
        assertThat(thread.get()).isNotNull();
        assertThat(folder.resolve("p.jar")).exists();
    }

    @Test
    void factoriesOfTheProgramItselfNeedNoJar() {
        AuthorizerFactory factory = new AuthorizerFactory() {
            @Override
            public String type() {
                return "built-in";
            }

            @Override
            public Authorizer create(PluginContext context, RulesChanged rules) {
                return client -> new AccessRules() {
                    @Override
                    public Decision publish(String topic, org.ternmq.spi.QoS qos, boolean retain) {
                        return Decision.DENY;
                    }

                    @Override
                    public Decision subscribe(org.ternmq.spi.TopicFilter filter, org.ternmq.spi.QoS qos) {
                        return Decision.DENY;
                    }
                };
            }
        };

        PluginHost host = PluginHost.of(List.of(factory), problems);
        assertThat(host.find(AuthorizerFactory.class, "built-in")).containsSame(factory);
        assertThat(problems.isEmpty()).isTrue();

        PluginHost.of(List.of(factory, factory), problems);
        assertThat(problems.lines()).singleElement().asString().contains("authorizer type 'built-in'");
    }

    @Test
    void callInPutsTheContextClassLoaderBack() throws Exception {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        ClassLoader other = ClassLoader.getPlatformClassLoader();

        assertThat(PluginHost.callIn(other, () -> Thread.currentThread().getContextClassLoader()))
                .isSameAs(other);
        assertThatThrownBy(() -> PluginHost.callIn(other, () -> {
                    throw new IOException("x");
                }))
                .isInstanceOf(IOException.class);
        assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
    }

    private PluginHost load() {
        PluginHost host = PluginHost.load(folder, problems);
        open = Optional.of(host);
        return host;
    }

    private BrokerConfig config(String yaml) {
        return BrokerConfig.load(ConfigSource.of("t.yaml", yaml, folder, List.of(), Map.of(), problems), problems);
    }

    private InstanceContext context(AuthorizerFactory factory, String block) {
        PluginBlock first = config("authorization: {use: [" + block + "]}")
                .authorization()
                .use()
                .get(0);
        return open.orElseThrow().contextFor(first, factory, folder.resolve("data"), Clock.systemUTC());
    }
}
