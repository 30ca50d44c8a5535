package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * One broker for all test classes that only need some broker. It must not have logged an error when a class ends.
 *
 * <p>{@code -Dternmq.endpoint=PORT} has the tests use what listens on that port of this machine instead: with another
 * broker there, a test that fails with it too is probably wrong. {@code -Dternmq.storage=memory} has them use another
 * storage.
 */
final class SharedBroker implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(SharedBroker.class);

    private record Running(Optional<BrokerProcess> process, int port) implements AutoCloseable {
        static Running start() {
            Integer endpoint = Integer.getInteger("ternmq.endpoint");
            if (endpoint != null) {
                return new Running(Optional.empty(), endpoint);
            }
            try {
                Path all = Files.createDirectories(
                        Path.of("target", "system-tests").toAbsolutePath());
                Path base = Files.createTempDirectory(all, "shared-");
                BrokerProcess process = new BrokerFolder(TernMq.shipped(), base, p -> {})
                        .start(
                                "--set", // so that answers are the same bytes whatever the words
                                "protocol.reason-strings=false");
                return new Running(Optional.of(process), process.port());
            } catch (IOException e) {
                throw new IllegalStateException("the broker cannot be started", e);
            }
        }

        @Override
        public void close() {
            process.ifPresent(BrokerProcess::stop);
        }
    }

    private Running running = new Running(Optional.empty(), 0);

    @Override
    public void beforeAll(ExtensionContext context) {
        running = context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(Running.class, key -> Running.start(), Running.class);
    }

    int port() {
        return running.port();
    }

    /** A topic, or client id, that no other test uses. */
    static String unique(String name) {
        return name + "-" + UUID.randomUUID().toString().substring(0, 8);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            running.process().ifPresent(Brokers::show);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        List<String> faults = running.process().map(BrokerProcess::faults).orElse(List.of());
        assertThat(faults).as("errors in the broker's log").isEmpty();
    }
}
