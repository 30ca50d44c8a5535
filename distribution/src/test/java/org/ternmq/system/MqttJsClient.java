package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** mqtt.js, the client of web pages, in a process of Node.js; see src/test/js/client.js. */
final class MqttJsClient implements TestClient {
    private final Process process;
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final Output errors;

    private MqttJsClient(Process process) {
        this.process = process;
        Output lines = new Output("mqtt.js", process.getInputStream(), this::line);
        this.errors = new Output("mqtt.js errors", process.getErrorStream());
        assertThat(lines).isNotNull();
    }

    static MqttJsClient connect(int version, Options options) throws Exception {
        StringBuilder json = new StringBuilder("{\"clientId\": \"" + options.clientId() + "\", \"protocolVersion\": "
                + version + (version == 3 ? ", \"protocolId\": \"MQIsdp\"" : "") + ", \"clean\": "
                + !options.keepSession());
        if (options.keepSession() && version == 5) {
            json.append(", \"properties\": {\"sessionExpiryInterval\": 4294967295}");
        }
        options.will()
                .ifPresent(will -> json.append(", \"will\": {\"topic\": \"" + will.topic() + "\", \"payload\": \""
                        + will.payload() + "\", \"qos\": " + will.qos() + "}"));
        if (options.ca().isPresent()) {
            json.append(", \"caFile\": \"" + options.ca().get().file() + "\"");
        }
        String url = options.url(
                switch (options.transport()) {
                    case TCP -> "mqtt";
                    case TLS -> "mqtts";
                    case WEBSOCKET -> "ws";
                    case SECURE_WEBSOCKET -> "wss";
                });
        Process process = new ProcessBuilder(
                        "node",
                        Npm.installed("js", "client.js", "mqtt").toString(),
                        url,
                        json.append('}').toString())
                .start();
        MqttJsClient client = new MqttJsClient(process);
        client.await("connect");
        return client;
    }

    private void line(String line) {
        String[] fields = line.split("\t", -1);
        switch (fields[0]) {
            case "message" ->
                received.add(new Received(
                        decode(fields[1]), decode(fields[2]), Integer.parseInt(fields[3]), fields[4].equals("true")));
            case "failed" -> answers.add("failed: " + decode(fields[1]));
            case "done" -> answers.add(fields[1]);
            default -> {} // closed: what was under way fails by itself
        }
    }

    private static String decode(String field) {
        return new String(Base64.getDecoder().decode(field), StandardCharsets.UTF_8);
    }

    private static String encode(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private void command(String name, String... fields) throws InterruptedException {
        List<String> line = new ArrayList<>(List.of(name));
        line.addAll(List.of(fields));
        try {
            process.getOutputStream().write((String.join("\t", line) + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException("mqtt.js has ended: " + errors.text(), e);
        }
        await(name);
    }

    private void await(String answer) throws InterruptedException {
        assertThat(answers.poll(10, TimeUnit.SECONDS))
                .as("mqtt.js: %s", errors.text())
                .isEqualTo(answer);
    }

    @Override
    public void subscribe(String filter, int qos) throws InterruptedException {
        command("subscribe", encode(filter), Integer.toString(qos));
    }

    @Override
    public void unsubscribe(String filter) throws InterruptedException {
        command("unsubscribe", encode(filter));
    }

    @Override
    public void publish(String topic, int qos, boolean retain, List<String> payloads) throws InterruptedException {
        List<String> fields = new ArrayList<>(List.of(encode(topic), Integer.toString(qos), Boolean.toString(retain)));
        payloads.forEach(payload -> fields.add(encode(payload)));
        command("publish", fields.toArray(String[]::new));
    }

    @Override
    public void clearRetained(String topic) throws InterruptedException {
        publish(topic, 1, true, List.of(""));
    }

    @Override
    public BlockingQueue<Received> received() {
        return received;
    }

    @Override
    public void close() throws Exception {
        if (process.isAlive()) {
            process.getOutputStream().write("end\n".getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            assertThat(process.waitFor(5, TimeUnit.SECONDS)).as("mqtt.js ends").isTrue();
        }
    }
}
