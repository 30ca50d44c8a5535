package org.ternmq.broker.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.broker.config.Problems;

/** What may be in the plugins folder, and what is said of what may not: the rows of docs/plugins.md. */
final class PluginLayoutTest {
    @TempDir
    Path temp;

    private Path folder = Path.of("");
    private Path data = Path.of("");
    private Optional<PluginHost> open = Optional.empty();
    private Problems problems = new Problems();

    @BeforeEach
    void folders() throws IOException {
        folder = Files.createDirectory(temp.resolve("plugins"));
        data = temp.resolve("data");
    }

    @AfterEach
    void close() {
        open.ifPresent(PluginHost::close);
    }

    private PluginHost load() {
        close();
        problems = new Problems();
        PluginHost host = PluginHost.load(folder, data, problems);
        open = Optional.of(host);
        return host;
    }

    private static JarMaker good(String type) {
        return JarMaker.plugin(type).extension(JarMaker.authorizer("A", type));
    }

    /** What a start says is what a look at the file says. */
    private void bothSay(Path plugin, String... words) {
        load();
        assertThat(problems.lines())
                .containsExactlyElementsOf(PluginHost.verify(plugin).stream()
                        .map(p -> plugin + ": " + p)
                        .toList());
        assertThat(problems.lines())
                .singleElement()
                .asString()
                .startsWith(plugin + ": ")
                .contains(words);
        assertThat(problems.exitCode()).isEqualTo(3);
    }

    private List<Path> copies() throws IOException {
        try (Stream<Path> all = Files.list(data.resolve("plugins"))) {
            return all.sorted().toList();
        }
    }

    @Test
    void jarsFoldersAndZipsArePluginsInTheOrderOfTheirNames() throws Exception {
        good("d-jar").write(folder.resolve("d.jar"));
        good("c-folder").writeFolder(folder.resolve("c"));
        good("b-classes").writeClasses(folder.resolve("b/classes"));
        good("a-unpacked").writeClasses(folder.resolve("a"));
        good("e-zip").writeZip(folder.resolve("e.zip"), "");
        good("f-zip").writeZip(folder.resolve("f.ZIP"), "f-1.0/");
        Files.writeString(folder.resolve("README"), "not a plugin");
        Files.createDirectory(folder.resolve(".hidden"));

        PluginHost host = load();

        assertThat(problems.lines()).isEmpty();
        assertThat(host.plugins())
                .extracting(PluginDescription::id)
                .containsExactly("a-unpacked", "b-classes", "c-folder", "d-jar", "e-zip", "f-zip");
        assertThat(host.types(PluginKind.AUTHORIZER)).hasSize(6);
        for (PluginDescription each : host.plugins()) {
            assertThat(PluginHost.verify(each.jar().orElseThrow())).isEmpty();
        }
    }

    @Test
    void aZipIsUnpackedBelowTheDataFolderAndNowhereElse() throws Exception {
        good("zip").library(good("other").write(temp.resolve("x.jar"))).writeZip(folder.resolve("p.zip"), "");
        PluginHost host = load();

        assertThat(problems.lines()).isEmpty();
        assertThat(folder).isDirectoryNotContaining(path -> !path.endsWith("p.zip"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("plugins"))))
                .isEqualTo("rwx------");
        assertThat(copies()).singleElement().satisfies(copy -> {
            assertThat(copy.getFileName().toString()).matches("[0-9a-f]{64}");
            assertThat(copy.resolve("plugin.jar")).exists();
            assertThat(copy.resolve("lib/x.jar")).exists();
        });
        host.removeOldCopies();
        assertThat(copies()).hasSize(1);
    }

    @Test
    void copiesOfWhatIsNotInstalledAnyMoreAreRemovedAndOtherFilesAreNot() throws Exception {
        good("zip").writeZip(folder.resolve("p.zip"), "");
        load();
        List<Path> before = copies();
        Files.createDirectories(data.resolve("plugins/new-123/x"));
        Files.writeString(data.resolve("plugins/mine"), "");
        good("zip").source("package x; public class B {}").writeZip(folder.resolve("p.zip"), "");
        PluginHost host = load();
        host.removeOldCopies();

        assertThat(copies()).hasSize(2).doesNotContainAnyElementsOf(before).contains(data.resolve("plugins/mine"));
    }

    @Test
    void aCopyThatIsNotWholeIsMadeAnew() throws Exception {
        good("jar").write(folder.resolve("p.jar"));
        load();
        Files.write(copies().get(0).resolve("plugin.jar"), new byte[10]);

        load();
        assertThat(problems.lines()).isEmpty();
    }

    /** What runs is the copy, so a file may be written over while it is in use. */
    @Test
    void aJarMayBeWrittenOverWhileItRuns() throws Exception {
        Path jar = good("jar")
                .source("package x; public class Later { public String toString() { return \"old\"; } }")
                .write(folder.resolve("p.jar"));
        PluginHost host = load();
        ClassLoader loader = PluginHost.loaderOf(
                host.find(org.ternmq.spi.AuthorizerFactory.class, "jar").orElseThrow());
        Files.write(jar, new byte[100_000]);

        assertThat(loader.loadClass("x.Later").getConstructor().newInstance()).hasToString("old");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../out.txt", "lib/../../out.txt", "/tmp/out.txt", "..\\out.txt", "C:/out.txt", "a/..", "../"})
    void aZipThatLeadsOutOfItsFolderIsRefused(String name) throws Exception {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("lib/fine.txt", new byte[1]);
        files.put(name, new byte[1]);
        Path zip = JarMaker.pack(folder.resolve("p.zip"), files);

        bothSay(zip, "has the entry '" + name + "', which would be written outside the plugin's folder");
        assertThat(copies()).isEmpty();
        assertThat(data.resolve("out.txt")).doesNotExist();
        assertThat(temp.resolve("out.txt")).doesNotExist();
    }

    @Test
    void whatWasCutOffIsTold() throws Exception {
        byte[] zip = Files.readAllBytes(good("zip").writeZip(temp.resolve("whole.zip"), ""));
        bothSay(
                Files.write(folder.resolve("p.zip"), Arrays.copyOf(zip, zip.length / 2)),
                "is not a zip, or was cut off");
        Files.delete(folder.resolve("p.zip"));
        byte[] jar = Files.readAllBytes(good("jar").write(temp.resolve("whole.jar")));
        bothSay(
                Files.write(folder.resolve("p.jar"), Arrays.copyOf(jar, jar.length / 2)),
                "is not a jar, or was cut off");
        Files.delete(folder.resolve("p.jar"));
        bothSay(Files.createFile(folder.resolve("p.jar")), "is not a jar, or was cut off");
        Files.delete(folder.resolve("p.jar"));
        Path whole = good("folder").library(temp.resolve("whole.jar")).writeFolder(folder.resolve("p"));
        Files.write(whole.resolve("lib/whole.jar"), Arrays.copyOf(jar, jar.length / 2));
        bothSay(whole, "lib/whole.jar is not a jar, or was cut off");
    }

    @Test
    void aFolderHasOneOfWhatAPluginHasOneOf() throws Exception {
        Path plugin = Files.createDirectory(folder.resolve("p"));
        bothSay(plugin, "is a folder with neither a jar nor classes/");
        good("one").write(plugin.resolve("one.jar"));
        good("two").write(plugin.resolve("two.jar"));
        bothSay(plugin, "more than one", "(one.jar, two.jar)", "put libraries into lib/");
        Files.delete(plugin.resolve("two.jar"));
        Files.writeString(plugin.resolve("lib"), "");
        bothSay(plugin, "has lib, which is not a folder");
        Files.delete(plugin.resolve("lib"));
        load();
        assertThat(problems.lines()).isEmpty();
    }

    @Test
    void linksAreFollowed() throws Exception {
        Path elsewhere = Files.createDirectory(temp.resolve("elsewhere"));
        Files.createSymbolicLink(folder.resolve("a.jar"), good("jar").write(elsewhere.resolve("a.jar")));
        Files.createSymbolicLink(folder.resolve("b"), good("folder").writeFolder(elsewhere.resolve("b")));
        PluginHost host = load();
        assertThat(problems.lines()).isEmpty();
        assertThat(host.types(PluginKind.AUTHORIZER)).containsExactly("folder", "jar");

        bothSay(
                Files.createSymbolicLink(folder.resolve("c.jar"), elsewhere.resolve("gone.jar")),
                "is a link to nothing");
    }

    @Test
    void aCircleOfLinksIsTold() throws Exception {
        Path plugin = good("circle").writeFolder(folder.resolve("p"));
        Files.createSymbolicLink(plugin.resolve("lib/back"), plugin);
        bothSay(plugin, "has the link ", "lib/back, which leads in a circle");
    }

    @Test
    void whatMayNotBeReadIsTold() throws Exception {
        Path plugin = good("secret").writeFolder(folder.resolve("p"));
        Files.setPosixFilePermissions(plugin, PosixFilePermissions.fromString("---------"));
        try {
            assumeFalse(Files.isReadable(plugin), "the superuser reads everything");
            bothSay(plugin, "cannot be read: check its owner and mode");
        } finally {
            Files.setPosixFilePermissions(plugin, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void aPluginsFolderThatIsNoneStopsTheStart() throws Exception {
        Files.delete(folder);
        Files.writeString(folder, "");
        load();
        assertThat(problems.lines())
                .singleElement()
                .asString()
                .startsWith("the plugins folder " + folder + " cannot be read: ");
    }

    @Test
    void onePluginTwiceIsAnErrorThatSaysWhichVersions() throws Exception {
        good("one").write(folder.resolve("a.jar"));
        good("one").writeFolder(folder.resolve("b"));
        good("one").attribute("Plugin-Version", "1.3.0").writeZip(folder.resolve("c.zip"), "");
        PluginHost host = load();
        assertThat(problems.lines())
                .containsExactly(
                        folder.resolve("b")
                                + ": is plugin 'one' 1.2.3 once more, which is in a.jar already: remove one of the two",
                        folder.resolve("c.zip")
                                + ": is plugin 'one' 1.3.0, of which a.jar is 1.2.3: remove the one that you do not want");
        assertThat(host.plugins()).extracting(PluginDescription::version).containsExactly("1.2.3", "1.2.3", "1.3.0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"org/ternmq/spi/Spi", "org/pf4j/Plugin", "org/slf4j/Logger", "org/jspecify/annotations/Nullable"
            })
    void copiesOfWhatTheBrokerGivesAreRefused(String name) throws Exception {
        byte[] classFile = {(byte) 0xCA, (byte) 0xFE, (byte) 0xBA, (byte) 0xBE, 0, 0, 0, 61};
        Path jar = good("bundled").entry(name + ".class", classFile).write(folder.resolve("p.jar"));
        bothSay(jar, "contains ", name + ".class", "take it with scope 'provided'");
        Files.delete(jar);
        Path library = JarMaker.pack(temp.resolve("library.jar"), Map.of(name + ".class", classFile));
        bothSay(
                good("bundled").library(library).writeFolder(folder.resolve("p")),
                "lib/library.jar contains ",
                "take it with scope 'provided'");
    }

    @Test
    void whatTheBrokerKeepsForItselfAPluginMayHaveToo() throws Exception {
        good("own")
                .source("package io.netty.buffer; public class ByteBuf {}")
                .source("package com.fasterxml.jackson.core; public class JsonFactory {}")
                .write(folder.resolve("p.jar"));
        PluginHost host = load();
        assertThat(problems.lines()).isEmpty();
        ClassLoader loader = PluginHost.loaderOf(
                host.find(org.ternmq.spi.AuthorizerFactory.class, "own").orElseThrow());
        assertThat(loader.loadClass("io.netty.buffer.ByteBuf").getClassLoader()).isSameAs(loader);
    }

    @Test
    void whatTheManifestTheIndexAndTheClassesLackIsSaidByAStartToo() throws Exception {
        Path jar = folder.resolve("p.jar");
        good("p").without("Plugin-Id").write(jar);
        bothSay(jar, "has no Plugin-Id in META-INF/MANIFEST.MF");
        good("p").withoutIndex().write(jar);
        bothSay(jar, "has no META-INF/extensions.idx", "annotation processor");
        good("p").attribute("Plugin-Requires", ">=9.0.0").write(jar);
        bothSay(jar, "needs SPI >=9.0.0, but this broker has SPI ");
        byte[] newer = {(byte) 0xCA, (byte) 0xFE, (byte) 0xBA, (byte) 0xBE, 0, 0, 0, 99};
        good("p").entry("x/A.class", newer).write(jar);
        bothSay(jar, "was compiled for Java 55 (x.A), but this is Java ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "throw new AssertionError(\"no\");",
                "throw new NoClassDefFoundError(\"com/example/Gone\");",
                "throw new StackOverflowError();",
                "throw new OutOfMemoryError();",
                "Object o = x.Broken.VALUE;"
            })
    void aConstructorThatThrowsWhateverItMayIsNamed(String body) throws Exception {
        Path jar = JarMaker.plugin("p")
                .source("package x; public class Broken { static Object VALUE = Integer.valueOf(\"x\"); }")
                .extension("""
                        package x;
                        import org.ternmq.spi.*;
                        public class A implements AuthorizerFactory {
                            public A() { %s }
                            public String type() { return "a"; }
                            public Authorizer create(PluginContext c, RulesChanged r) { return null; }
                        }
                        """.formatted(body))
                .write(folder.resolve("p.jar"));
        PluginHost host = load();
        assertThat(problems.lines()).singleElement().asString().startsWith(jar + ": x.A cannot be made: ");
        assertThat(host.types(PluginKind.AUTHORIZER)).isEmpty();
    }

    @Test
    void aTypeOfNullIsNamed() throws Exception {
        Path jar = JarMaker.plugin("p").extension("""
                package x;
                import org.ternmq.spi.*;
                public class A implements AuthorizerFactory {
                    public String type() { return null; }
                    public Authorizer create(PluginContext c, RulesChanged r) { return null; }
                }
                """).write(folder.resolve("p.jar"));
        load();
        assertThat(problems.lines())
                .containsExactly(
                        jar + ": x.A has the type 'null', which is not made of lower-case letters, digits and hyphens");
    }

    @Test
    void whereTheDataFolderCannotBeMadePluginsAreStillLookedAt() throws Exception {
        good("zip").writeZip(folder.resolve("p.zip"), "");
        Files.write(data, "a file".getBytes(StandardCharsets.UTF_8));
        PluginHost host = load();
        assertThat(problems.lines()).isEmpty();
        assertThat(host.types(PluginKind.AUTHORIZER)).containsExactly("zip");
    }

    @Test
    void aStartThatCameToNothingLeavesNoDataFolder() throws Exception {
        good("zip").writeZip(folder.resolve("p.zip"), "");
        load().discard();
        assertThat(data).doesNotExist();
        Files.createDirectory(data);
        load().discard();
        assertThat(data).exists();
    }
}
