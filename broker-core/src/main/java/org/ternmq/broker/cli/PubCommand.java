package org.ternmq.broker.cli;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ternmq pub}. */
@Command(
        name = "pub",
        sortOptions = false,
        description = "Publishes messages, with the options of mosquitto_pub.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all were taken over by the broker",
            "1:no connection, or lost before that",
            "2:usage",
            "other:the reason code with which the connection or a message was refused"
        })
final class PubCommand extends ClientCommand {
    /** Messages that are not acknowledged yet, at once. */
    private static final int UNDER_WAY = 256;

    @Option(
            names = {"-t", "--topic"},
            description = "The topic.")
    private @Nullable String topic;

    @Option(
            names = {"-m", "--message"},
            description = "The payload.")
    private @Nullable String message;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            description = "The payload is what the file holds.")
    private @Nullable Path file;

    @Option(
            names = {"-n", "--null-message"},
            description = "No payload; with -r this removes what is retained.")
    private boolean empty;

    @Option(
            names = {"-s", "--stdin-file"},
            description = "The payload is all of the standard input.")
    private boolean whole;

    @Option(
            names = {"-l", "--stdin-line"},
            description = "Each line of the standard input is a message.")
    private boolean lines;

    @Option(
            names = {"-q", "--qos"},
            description = "0 (the default), 1 or 2.")
    private int qos;

    @Option(
            names = {"-r", "--retain"},
            description = "Has the broker retain it.")
    private boolean retain;

    @Option(names = "--repeat", paramLabel = "N", description = "Publishes so many times. Default: once.")
    private int repeat = 1;

    @Option(names = "--repeat-delay", paramLabel = "SECONDS", description = "The time between. Default: 0.")
    private double delay;

    private final Semaphore free = new Semaphore(UNDER_WAY);
    private final AtomicInteger refusal = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    @Override
    void check() {
        options().checkProperties(List.of("connect", "publish", "will"));
        options().checkQos(qos);
        int sources = (message != null ? 1 : 0) + (file != null ? 1 : 0);
        sources += (empty ? 1 : 0) + (whole ? 1 : 0) + (lines ? 1 : 0);
        if (sources != 1) {
            throw options().usage("one of -m, -f, -n, -s and -l says what to publish");
        }
        if (repeat < 1 || delay < 0) {
            throw options().usage("--repeat is 1 or more, --repeat-delay not negative");
        }
        if (topic == null && options().urlTopic().isEmpty()) {
            throw options().usage("-t, or the path of -L, says where to publish");
        }
        publish(new byte[0]); // a topic or property that cannot be is found before anything is sent
    }

    @Override
    boolean reconnects() {
        return false;
    }

    @Override
    void prepare(ClientConnection connection) {}

    @Override
    int work(ClientConnection connection) throws ClientException, InterruptedException {
        try {
            for (int i = 0; i < repeat; i++) {
                if (i > 0) {
                    TimeUnit.MICROSECONDS.sleep((long) (delay * 1e6));
                }
                sendAll(connection);
            }
        } catch (IOException e) {
            throw ClientException.because("cannot read", e);
        }
        free.acquire(UNDER_WAY);
        Throwable failed = failure.get();
        if (failed != null) {
            throw ClientException.because("not published", failed);
        }
        await(connection.disconnect(), "disconnect");
        return refusal.get();
    }

    private void sendAll(ClientConnection connection) throws IOException, InterruptedException {
        if (lines) {
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = in.readLine(); line != null && failure.get() == null; line = in.readLine()) {
                send(connection, line.getBytes(StandardCharsets.UTF_8));
            }
        } else if (whole) {
            send(connection, System.in.readAllBytes());
        } else if (file != null) {
            send(connection, Files.readAllBytes(file));
        } else {
            send(connection, message == null ? new byte[0] : message.getBytes(StandardCharsets.UTF_8));
        }
    }

    private void send(ClientConnection connection, byte[] payload) throws InterruptedException {
        free.acquire();
        connection.publish(publish(payload)).whenComplete((code, failed) -> {
            if (failed != null) {
                failure.set(failed);
            } else if (code >= 0x80) {
                refusal.set(code);
                say("a message was refused: " + Codes.text(code));
            } else {
                debug("published " + payload.length + " bytes");
            }
            free.release();
        });
    }

    private Mqtt5Publish publish(byte[] payload) {
        String where = topic != null ? topic : options().urlTopic().orElseThrow();
        return ClientProperties.publish(
                        Mqtt5Publish.builder()
                                .topic(where)
                                .payload(payload)
                                .qos(Client5.qos(qos))
                                .retain(retain),
                        options().properties("publish"))
                .build();
    }
}
