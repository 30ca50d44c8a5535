package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** One of the brokers between which a bridge is: it keeps its port and its store while it comes and goes. Used by one test. */
abstract sealed class BridgeSite implements AutoCloseable {
    private final int port;

    BridgeSite() {
        port = freePort();
    }

    /**
     * Not one that the system gives to clients: while the broker is away, one of them could have it, or be connected to itself.
     */
    private static int freePort() {
        while (true) {
            int candidate = ThreadLocalRandom.current().nextInt(20_000, 30_000);
            try (ServerSocket socket = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // somebody has it
            }
        }
    }

    final int port() {
        return port;
    }

    /** Returns when clients can connect. */
    abstract void start() throws IOException, InterruptedException;

    /** Ends it as roughly as it can bear, and starts it again. */
    abstract void fall() throws IOException, InterruptedException;

    /** Ends it in order; it must have nothing to complain of. */
    @Override
    public abstract void close() throws IOException, InterruptedException;

    /** TernMQ with RocksDB; falls by SIGKILL. */
    static final class Own extends BridgeSite {
        private final BrokerFolder folder;
        private @Nullable BrokerProcess process;

        /** With bridges, as a block of YAML or nothing. */
        Own(BrokerFolder folder, String bridges) throws IOException {
            this.folder = folder.configure("""
                    listeners: [{name: mqtt, bind: "127.0.0.1:%d"}]
                    authentication: {allow-anonymous: true}
                    limits: {queue-messages: 10000000, queue-bytes: 4GiB}
                    """.formatted(port()) + bridges);
        }

        @Override
        void start() throws IOException {
            process = folder.start();
        }

        private BrokerProcess running() {
            if (process == null) {
                throw new IllegalStateException("not started");
            }
            return process;
        }

        @Override
        void fall() throws IOException {
            running().kill9();
            assertThat(running().faults()).as("errors in the log").isEmpty();
            start();
        }

        @Override
        public void close() {
            assertThat(running().stop()).isZero();
            assertThat(running().faults()).as("errors in the log").isEmpty();
        }
    }

    /**
     * Mosquitto with persistence; falls by SIGTERM, as it writes its store at its end and every so often, and whatever came
     * after that is gone when it is killed, with or without a bridge.
     */
    static final class Mosquitto extends BridgeSite {
        private final String program;
        private final Path config;
        private final Path log;
        private @Nullable Process process;

        /** With a bridge, as lines of its configuration or nothing. */
        Mosquitto(BrokerFolder folder, String bridge) throws IOException {
            program = External.program("mosquitto");
            log = folder.file("mosquitto.log");
            config = folder.write("mosquitto.conf", """
                    user root
                    listener %d 127.0.0.1
                    allow_anonymous true
                    persistence true
                    persistence_location %s/
                    max_queued_messages 0
                    max_queued_bytes 0
                    max_inflight_messages 100
                    log_type error
                    log_type warning
                    log_type notice
                    """.formatted(port(), log.getParent()) + bridge);
        }

        @Override
        void start() throws IOException {
            process = new ProcessBuilder(program, "-c", config.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
                    return socket.isConnected();
                } catch (IOException e) {
                    return false;
                }
            });
        }

        @Override
        void fall() throws IOException, InterruptedException {
            close();
            start();
        }

        @Override
        public void close() throws IOException, InterruptedException {
            if (process != null) {
                process.destroy();
                process.waitFor();
            }
            assertThat(Files.readString(log)).doesNotContainIgnoringCase("protocol error");
        }
    }
}
