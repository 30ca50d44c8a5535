package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** mosquitto_pub and mosquitto_sub. They connect when they subscribe or publish, and not before. */
final class MosquittoClient implements TestClient {
    private static final String MESSAGE = "MESSAGE ";

    private final String version;
    private final Options options;
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    private @Nullable Process subscriber;

    private MosquittoClient(String version, Options options) {
        this.version = version;
        this.options = options;
    }

    static MosquittoClient of(String version, Options options) {
        External.program("mosquitto_pub");
        External.program("mosquitto_sub");
        return new MosquittoClient(version, options);
    }

    @Override
    public void subscribe(String filter, int qos) throws Exception {
        List<String> command = new ArrayList<>(
                List.of("stdbuf", "-oL")); // its output is a pipe, and "Subscribed" must not wait in a buffer
        command.addAll(call("mosquitto_sub", options.clientId()));
        // topic last: it may contain blanks
        command.addAll(List.of("-t", filter, "-q", Integer.toString(qos), "-d", "-F", MESSAGE + "%q %r x%x %t"));
        if (options.keepSession()) {
            command.add("-c");
        }
        options.will()
                .ifPresent(will -> command.addAll(List.of(
                        "--will-topic",
                        will.topic(),
                        "--will-payload",
                        will.payload(),
                        "--will-qos",
                        Integer.toString(will.qos()))));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        subscriber = process;
        Output output = new Output("mosquitto_sub " + options.clientId(), process.getInputStream(), this::line);
        Optional<String> subscribed = output.await(l -> l.startsWith("Subscribed "), Duration.ofSeconds(10));
        assertThat(subscribed).as("mosquitto_sub said:\n%s", output.text()).isPresent();
    }

    private List<String> call(String program, String clientId) throws IOException {
        List<String> call = new ArrayList<>(List.of(
                program, "-h", "127.0.0.1", "-p", Integer.toString(options.port()), "-V", version, "-i", clientId));
        if (options.ca().isPresent()) {
            call.addAll(List.of("--cafile", options.ca().get().file().toString()));
        }
        return call;
    }

    private void line(String line) {
        if (line.startsWith(MESSAGE)) {
            String[] parts = line.substring(MESSAGE.length()).split(" ", 4);
            String payload = new String(HexFormat.of().parseHex(parts[2].substring(1)), StandardCharsets.UTF_8);
            received.add(new Received(parts[3], payload, Integer.parseInt(parts[0]), parts[1].equals("1")));
        }
    }

    @Override
    public void unsubscribe(String filter) {
        throw new UnsupportedOperationException("mosquitto_sub keeps its subscription for as long as it runs");
    }

    @Override
    public void publish(String topic, int qos, boolean retain, List<String> payloads) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("-t", topic, "-q", Integer.toString(qos), "-l"));
        if (retain) {
            arguments.add("-r");
        }
        run(arguments, String.join("\n", payloads) + "\n");
    }

    @Override
    public void clearRetained(String topic) throws Exception {
        run(List.of("-t", topic, "-q", "1", "-r", "-n"), "");
    }

    private void run(List<String> arguments, String input) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(call("mosquitto_pub", options.clientId() + "-pub"));
        command.addAll(arguments);
        TernMq.Result result = TernMq.finish(new ProcessBuilder(command).start(), input, "mosquitto_pub");
        assertThat(result.exit()).as("mosquitto_pub said: %s", result.all()).isZero();
    }

    @Override
    public BlockingQueue<Received> received() {
        return received;
    }

    /** mosquitto_sub sends DISCONNECT when it is asked to end. */
    @Override
    public void close() throws InterruptedException {
        if (subscriber != null) {
            subscriber.destroy();
            if (!subscriber.waitFor(5, TimeUnit.SECONDS)) {
                subscriber.destroyForcibly();
                throw new AssertionError("mosquitto_sub did not end");
            }
        }
    }
}
