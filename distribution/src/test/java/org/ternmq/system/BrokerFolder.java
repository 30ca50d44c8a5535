package org.ternmq.system;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What one broker has on disk: its configuration, the files this names, and its data folder. Used by one test. */
final class BrokerFolder {
    /** One listener on any free port of this machine, storage on disk. */
    static final String ONE_LISTENER = """
            listeners:
              - {name: mqtt, bind: "127.0.0.1:0"}
            """;

    /** {@code -Dternmq.storage=memory} has all brokers use another storage than their configuration says. */
    private static final @Nullable String STORAGE = System.getProperty("ternmq.storage");

    private final TernMq program;
    private final Path folder;
    private final Consumer<BrokerProcess> started;

    /** Skips a test of what outlives the broker, where all brokers have a storage that nothing outlives. */
    static void needsAStoreOnDisk() {
        assumeFalse("memory".equals(STORAGE), "storage 'memory' keeps nothing over a restart");
    }

    BrokerFolder(TernMq program, Path folder, Consumer<BrokerProcess> started) throws IOException {
        this.program = program;
        this.folder = Files.createDirectories(folder);
        this.started = started;
        configure(ONE_LISTENER);
    }

    /** Writes the configuration. */
    BrokerFolder configure(String yaml) throws IOException {
        write("ternmq.yaml", yaml);
        return this;
    }

    /** Writes a file beside the configuration. */
    Path write(String name, String text) throws IOException {
        return Files.writeString(file(name), text);
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    Path config() {
        return file("ternmq.yaml");
    }

    Path data() {
        return file("data");
    }

    /** Starts the broker on this folder and waits until it is ready. */
    BrokerProcess start(String... arguments) throws IOException {
        BrokerProcess process = launch(arguments);
        process.awaitReady();
        return process;
    }

    /** Starts the broker on this folder with a further flag of the Java virtual machine, and waits until it is ready. */
    BrokerProcess startWith(String jvmFlag) throws IOException {
        ProcessBuilder command = program.command(start(List.of()));
        command.environment().merge("TERNMQ_JVM_OPTS", jvmFlag, (flags, flag) -> flags + " " + flag);
        BrokerProcess process = new BrokerProcess(command, folder);
        started.accept(process);
        process.awaitReady();
        return process;
    }

    /** Starts the broker on this folder and does not wait. */
    BrokerProcess launch(String... arguments) throws IOException {
        BrokerProcess process = new BrokerProcess(program.command(start(List.of(arguments))), folder);
        started.accept(process);
        return process;
    }

    /** Starts the broker with the data folder that its tree has, and waits until it is ready. */
    BrokerProcess startInTree() throws IOException {
        BrokerProcess process = new BrokerProcess(program.command("start", "--config", config().toString()), folder);
        started.accept(process);
        process.awaitReady();
        return process;
    }

    /** Starts a broker that is expected to end by itself. */
    TernMq.Result startAndEnd(String... arguments) throws IOException, InterruptedException {
        return program.run(start(List.of(arguments)));
    }

    private String[] start(List<String> arguments) {
        List<String> all =
                new ArrayList<>(List.of("start", "--config", config().toString(), "--data", data().toString()));
        if (STORAGE != null) {
            all.addAll(List.of("--set", "storage.type=" + STORAGE));
        }
        all.addAll(arguments);
        return all.toArray(String[]::new);
    }
}
