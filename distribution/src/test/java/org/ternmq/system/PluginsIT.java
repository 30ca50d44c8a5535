package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.ternmq.broker.plugin.JarMaker;
import org.ternmq.system.RawClient.Connect;

/** Plugins put into the shipped tree: in each form, and with what is wrong with them. */
@Timeout(180)
@Execution(ExecutionMode.CONCURRENT)
final class PluginsIT {
    private static final String DOOR =
            BrokerFolder.ONE_LISTENER + "authentication: {use: [{type: door, code: '1234'}]}\n";

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private Path plugins = Path.of("");
    private TernMq program = TernMq.shipped();
    private BrokerFolder folder;

    @BeforeEach
    void tree() throws Exception {
        Path copy = brokers.base().resolve("tree");
        Trees.link(TernMq.shipped().tree(), copy);
        plugins = copy.resolve("plugins");
        program = new TernMq(copy);
        folder = brokers.folder("broker", program).configure(DOOR);
    }

    private static JarMaker door() {
        return door("");
    }

    private static JarMaker door(String constructor) {
        return JarMaker.plugin("door").extension("""
                package example;
                import org.ternmq.spi.*;
                public class DoorFactory implements AuthenticatorFactory {
                    public record Settings(String code) {}
                    public DoorFactory() { %s }
                    public String type() { return "door"; }
                    public Authenticator create(PluginContext context) {
                        String code = context.config(Settings.class).code();
                        return credentials -> {
                            byte[] shown = new byte[credentials.password().get().remaining()];
                            credentials.password().get().get(shown);
                            return code.equals(new String(shown)) ? AuthResult.accepted() : AuthResult.rejected("wrong code");
                        };
                    }
                }
                """.formatted(constructor));
    }

    private void letsIn() throws Exception {
        Map<String, String> before = Trees.snapshot(program.tree());
        BrokerProcess broker = folder.start();
        try (RawClient client = RawClient.open(broker.port(), 5)) {
            client.send(Connect.clean("c").user("ada", "1234").packet(5));
            assertThat(client.expect(RawPacket.CONNACK).u8(1)).isZero();
        }
        try (RawClient client = RawClient.open(broker.port(), 5)) {
            client.send(Connect.clean("c").user("ada", "4321").packet(5));
            assertThat(client.expect(RawPacket.CONNACK).u8(1)).isEqualTo(0x86);
        }
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
        assertThat(Trees.snapshot(program.tree()))
                .as("nothing is written inside the tree")
                .isEqualTo(before);
        TernMq.Result list = program.run("plugins", "list");
        assertThat(list.exit()).as(list.all()).isZero();
        assertThat(list.out()).contains("authenticator door");
    }

    @Test
    void aJarIsDroppedIn() throws Exception {
        door().write(plugins.resolve("door.jar"));
        letsIn();
    }

    @Test
    void aFolderIsDroppedIn() throws Exception {
        door().writeFolder(plugins.resolve("door"));
        letsIn();
    }

    @Test
    void aZipIsDroppedIn() throws Exception {
        door().writeZip(plugins.resolve("door.zip"), "door-1.2.3/");
        letsIn();
        assertThat(folder.data().resolve("plugins")).isDirectoryRecursivelyContaining("glob:**/door-1.2.3/plugin.jar");
    }

    /** The start, the list and the check of the file itself say the same, and none of them goes on as if nothing were. */
    private void stopsTheStart(Path plugin, String words) throws Exception {
        String line = plugin + ": " + words;
        TernMq.Result start = folder.startAndEnd();
        assertThat(start.exit()).as(start.all()).isEqualTo(3);
        assertThat(start.err()).contains(line);
        assertThat(start.out()).isEmpty();
        TernMq.Result list = program.run("plugins", "list");
        assertThat(list.exit()).isEqualTo(3);
        assertThat(list.err()).contains(line);
        TernMq.Result verify = program.run("plugins", "verify", plugin.toString());
        assertThat(verify.exit()).isEqualTo(3);
        assertThat(verify.out()).contains(words);
    }

    @Test
    void aJarThatIsCutOffStopsTheStart() throws Exception {
        byte[] whole = Files.readAllBytes(door().write(brokers.base().resolve("whole.jar")));
        Path jar = Files.write(plugins.resolve("door.jar"), Arrays.copyOf(whole, whole.length / 2));
        stopsTheStart(jar, "is not a jar, or was cut off");
    }

    @Test
    void aPluginForAnotherSpiStopsTheStart() throws Exception {
        stopsTheStart(
                door().attribute("Plugin-Requires", ">=2.0.0").write(plugins.resolve("door.jar")),
                "needs SPI >=2.0.0, but this broker has SPI 1.");
    }

    @Test
    void aPluginWithoutAnIndexStopsTheStart() throws Exception {
        stopsTheStart(door().withoutIndex().writeFolder(plugins.resolve("door")), "has no META-INF/extensions.idx");
    }

    @Test
    void aZipThatLeadsOutOfItsFolderStopsTheStart() throws Exception {
        Path zip = JarMaker.pack(plugins.resolve("door.zip"), Map.of("../../../out.txt", new byte[1]));
        stopsTheStart(zip, "has the entry '../../../out.txt', which would be written outside the plugin's folder");
    }

    @Test
    void aPluginTwiceStopsTheStart() throws Exception {
        door().write(plugins.resolve("door.jar"));
        Path newer = door().attribute("Plugin-Version", "1.3.0").writeFolder(plugins.resolve("door-new"));
        TernMq.Result start = folder.startAndEnd();
        assertThat(start.exit()).as(start.all()).isEqualTo(3);
        assertThat(start.err())
                .contains(plugins.resolve("door.jar") + ": is plugin 'door' 1.2.3, of which door-new is 1.3.0");
        assertThat(newer).exists();
    }

    @Test
    void aFactoryThatThrowsStopsTheStart() throws Exception {
        Path jar = door("throw new NoClassDefFoundError(\"com/example/Gone\");").write(plugins.resolve("door.jar"));
        TernMq.Result start = folder.startAndEnd();
        assertThat(start.exit()).as(start.all()).isEqualTo(3);
        assertThat(start.err())
                .contains(jar + ": example.DoorFactory cannot be made: it needs the class com.example.Gone");
        assertThat(start.err()).doesNotContain("\tat ");
    }

    @Test
    void anErrorThatEndsAThreadOfAPluginIsNamed() throws Exception {
        door("new Thread(() -> { throw new IllegalStateException(\"oops\"); }, \"worker of mine\").start();")
                .write(plugins.resolve("door.jar"));
        BrokerProcess broker = folder.start();
        assertThat(broker.stop()).isZero();
        assertThat(broker.log()).contains("Thread 'worker of mine' of plugin door has ended: nobody caught its error");
    }
}
