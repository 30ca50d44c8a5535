package org.ternmq.broker.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.Spi;

final class PluginVerifyTest {
    private static final int JAVA = Runtime.version().feature();

    @TempDir
    Path folder;

    @Test
    void aGoodJarHasNothingWrong() throws Exception {
        assertThat(verify(good())).isEmpty();
    }

    @Test
    void filesThatAreNoJarsAreToldApart() throws Exception {
        assertThat(PluginHost.verify(folder.resolve("nosuch.jar"))).containsExactly("there is no such file");
        Path text = Files.writeString(folder.resolve("text.jar"), "hello");
        assertThat(PluginHost.verify(text)).singleElement().asString().startsWith("is not a jar, or was cut off");

        byte[] whole = Files.readAllBytes(good().write(folder.resolve("whole.jar")));
        Path cut = Files.write(folder.resolve("cut.jar"), Arrays.copyOf(whole, whole.length - 100));
        assertThat(PluginHost.verify(cut)).singleElement().asString().startsWith("is not a jar, or was cut off");
    }

    @Test
    void damageInsideIsFound() throws Exception {
        byte[] noise = new byte[4096];
        new java.util.Random(1).nextBytes(noise);
        byte[] bytes = Files.readAllBytes(good().entry("noise", noise).write(folder.resolve("a.jar")));
        int middle = bytes.length - 2500; // within the noise, which cannot be compressed
        for (int i = 0; i < 20; i++) {
            bytes[middle + i] ^= 0x55;
        }
        Path damaged = Files.write(folder.resolve("damaged.jar"), bytes);

        assertThat(PluginHost.verify(damaged)).singleElement().asString().startsWith("is damaged at noise");
    }

    @Test
    void whatTheManifestLacksIsNamed() throws Exception {
        assertThat(verify(good().without("Plugin-Id").without("Plugin-Version").without("Plugin-Requires")))
                .containsExactly(
                        "has no Plugin-Id in META-INF/MANIFEST.MF",
                        "has no Plugin-Version in META-INF/MANIFEST.MF",
                        "has no Plugin-Requires in META-INF/MANIFEST.MF");
        assertThat(verify(good().attribute("Plugin-Version", "one")))
                .containsExactly("has the Plugin-Version 'one', which is not a semantic version such as 1.2.0");
        assertThat(verify(good().attribute("Plugin-Dependencies", "other")))
                .containsExactly("has Plugin-Dependencies, but a plugin must carry all it needs in its own jar");
    }

    @Test
    void rangesOfTheSpiAreUnderstood() throws Exception {
        assertThat(verify(good().attribute("Plugin-Requires", "1.0.0"))).isEmpty();
        assertThat(verify(good().attribute("Plugin-Requires", "*"))).isEmpty();
        assertThat(verify(good().attribute("Plugin-Requires", ">=2.0.0 & <3.0.0")))
                .containsExactly("needs SPI >=2.0.0 & <3.0.0, but this broker has SPI " + Spi.VERSION);
        assertThat(verify(good().attribute("Plugin-Requires", "new enough")))
                .containsExactly("has the Plugin-Requires 'new enough', which is not a range of versions such as"
                        + " '>=1.0.0 & <2.0.0'");
    }

    @Test
    void theIndexIsNeededAndMustBeRight() throws Exception {
        assertThat(verify(good().withoutIndex()))
                .singleElement()
                .asString()
                .startsWith("has no META-INF/extensions.idx")
                .contains("annotation processor");
        assertThat(verify(JarMaker.plugin("p"))).containsExactly("names no class in META-INF/extensions.idx");
        assertThat(verify(good().indexed("x.Gone")))
                .containsExactly("names x.Gone in META-INF/extensions.idx, but has no such class");
    }

    @Test
    void aClassThatCannotBeAFactoryIsNamed() throws Exception {
        assertThat(verify(JarMaker.plugin("p").extension("package x; class A { private A() {} }")))
                .containsExactly(
                        "x.A is not public",
                        "x.A has no public constructor without arguments",
                        "x.A implements no factory of org.ternmq.spi");
        assertThat(verify(JarMaker.plugin("p").extension("package x; public class A { public A(int i) {} }")))
                .containsExactly(
                        "x.A has no public constructor without arguments",
                        "x.A implements no factory of org.ternmq.spi");
        assertThat(
                        verify(
                                JarMaker.plugin("p")
                                        .extension(
                                                "package x; public abstract class A implements org.ternmq.spi.AuthenticatorFactory {}")))
                .containsExactly("x.A is abstract");
        assertThat(verify(JarMaker.plugin("p")
                        .extension("package x; public class A implements org.ternmq.spi.PluginFactory {"
                                + " public String type() { return \"a\"; } }")))
                .containsExactly("x.A implements PluginFactory alone, not a factory of something");
        assertThat(verify(JarMaker.plugin("p")
                        .extension(
                                "package x; public class A extends io.netty.channel.ChannelInboundHandlerAdapter {}")))
                .singleElement()
                .asString()
                .startsWith("x.A cannot be loaded: it needs the class io.netty.channel.ChannelInboundHandlerAdapter");
    }

    @Test
    void classesForANewerJavaAreFoundEverywhereButInTheirOwnVersions() throws Exception {
        Path compiled = good().write(folder.resolve("compiled.jar"));
        byte[] factory;
        try (java.util.jar.JarFile jar = new java.util.jar.JarFile(compiled.toFile())) {
            factory = jar.getInputStream(jar.getJarEntry("x/A.class")).readAllBytes();
        }
        factory[7] = (byte) (44 + JAVA + 1);

        assertThat(verify(good().entry("x/A.class", factory)))
                .containsExactly("was compiled for Java " + (JAVA + 1) + " (x.A), but this is Java " + JAVA);
        assertThat(verify(good().entry("y/Helper.class", factory)))
                .containsExactly("was compiled for Java " + (JAVA + 1) + " (y/Helper.class), but this is Java " + JAVA);
        assertThat(verify(good().entry("META-INF/versions/" + (JAVA + 1) + "/y/Helper.class", factory)))
                .isEmpty();
    }

    @Test
    void whatTheBrokerGivesMustNotBeInside() throws Exception {
        assertThat(verify(good().entry("org/ternmq/spi/Spi.class", classFile())
                        .entry("org/slf4j/Logger.class", classFile())
                        .entry("org/pf4j/Plugin.class", classFile())))
                .containsExactly(
                        "contains org.ternmq.spi (org/ternmq/spi/Spi.class), which the broker gives to plugins:"
                                + " take it with scope 'provided'",
                        "contains org.slf4j (org/slf4j/Logger.class), which the broker gives to plugins:"
                                + " take it with scope 'provided'",
                        "contains org.pf4j (org/pf4j/Plugin.class), which the broker gives to plugins:"
                                + " take it with scope 'provided'");
    }

    private static byte[] classFile() {
        return new byte[] {(byte) 0xCA, (byte) 0xFE, (byte) 0xBA, (byte) 0xBE, 0, 0, 0, 61};
    }

    private static JarMaker good() {
        return JarMaker.plugin("p").extension(JarMaker.authorizer("A", "a"));
    }

    private List<String> verify(JarMaker maker) throws Exception {
        return PluginHost.verify(maker.write(folder.resolve("p.jar")));
    }
}
