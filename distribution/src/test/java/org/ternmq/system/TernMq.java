package org.ternmq.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The program as it is shipped: {@code bin/ternmq} of a tree.
 *
 * @param tree the folder with {@code bin/}
 */
record TernMq(Path tree) {
    /** For the slowest machine; most calls take a second. */
    private static final int PATIENCE_SECONDS = 180;

    /** Most live for a second or two: there is no use in code that would be fast after ten. It halves the time of a start. */
    private static final String QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

    /**
     * What one call did.
     *
     * @param exit the exit code
     * @param out standard output
     * @param err standard error
     */
    record Result(int exit, String out, String err) {
        /** Everything it said. */
        String all() {
            return out + "\n" + err;
        }
    }

    /** The tree that the build has put together; its path is in the system property {@code ternmq.tree}. */
    static TernMq shipped() {
        Path tree = Path.of(System.getProperty("ternmq.tree", "target/ternmq")).toAbsolutePath();
        if (!Files.isExecutable(tree.resolve("bin/ternmq"))) {
            throw new IllegalStateException("there is no bin/ternmq in " + tree + ": run 'mvn package' first");
        }
        return new TernMq(tree);
    }

    /**
     * A process to be, with assertions on in the broker's own classes. It hears signals also where the build is run by
     * {@code nohup} or in the background, which have children ignore some.
     */
    ProcessBuilder command(String... arguments) {
        List<String> command = new ArrayList<>();
        if (System.getProperty("os.name").equals("Linux")) {
            command.addAll(List.of("env", "--default-signal"));
        }
        command.add(tree.resolve("bin/ternmq").toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .put(
                        "TERNMQ_JVM_OPTS",
                        "-ea:org.ternmq... -Xmx512m " + QUICK + " " + System.getProperty("ternmq.jvm.opts", ""));
        return builder;
    }

    /** Runs a call that ends by itself. */
    Result run(String... arguments) throws IOException, InterruptedException {
        return runWithInput("", arguments);
    }

    /** Runs a call that ends by itself and reads its standard input. */
    Result runWithInput(String input, String... arguments) throws IOException, InterruptedException {
        return finish(command(arguments).start(), input, String.join(" ", arguments));
    }

    static Result finish(Process process, String input, String name) throws IOException, InterruptedException {
        Output out = new Output("out of " + name, process.getInputStream());
        Output err = new Output("err of " + name, process.getErrorStream());
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It ended without reading; its exit code and output say why.
        }
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(name + " did not end within " + PATIENCE_SECONDS + " s; it said:\n" + out.text()
                    + "\n" + err.text());
        }
        out.awaitEnd();
        err.awaitEnd();
        return new Result(process.exitValue(), out.text(), err.text());
    }
}
