package org.ternmq.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives a test its folders for brokers of its own, ends what still runs after the test, and shows what the brokers said if
 * it failed. The folder of a test that failed stays, below {@code target/system-tests}. One for each test.
 */
final class Brokers implements BeforeEachCallback, AfterEachCallback {
    private static final int SHOWN = 200;

    private final List<BrokerProcess> started = new CopyOnWriteArrayList<>();
    private Path base = Path.of("target", "system-tests");

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        Path all = Files.createDirectories(base.toAbsolutePath());
        base = Files.createTempDirectory(all, context.getRequiredTestClass().getSimpleName() + "-");
    }

    /** A folder with a configuration of one listener. */
    BrokerFolder folder(String name) throws IOException {
        return new BrokerFolder(TernMq.shipped(), base.resolve(name), started::add);
    }

    /** As {@link #folder(String)}, for a tree that is not the one the build has made. */
    BrokerFolder folder(String name, TernMq program) throws IOException {
        return new BrokerFolder(program, base.resolve(name), started::add);
    }

    /** A folder of the test's own. */
    Path base() {
        return base;
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        boolean failed = context.getExecutionException().isPresent();
        started.forEach(BrokerProcess::destroy); // all of them, whatever comes of waiting for one
        for (BrokerProcess broker : started) {
            broker.close();
            if (failed) {
                show(broker);
            }
        }
        if (!failed) {
            Trees.delete(base);
        }
    }

    static void show(BrokerProcess broker) {
        List<String> lines = broker.lines();
        int from = Math.max(0, lines.size() - SHOWN);
        System.err.println("---- " + broker + (from > 0 ? ", the last " + SHOWN + " lines" : ""));
        lines.subList(from, lines.size()).forEach(System.err::println);
        System.err.println("----");
    }
}
