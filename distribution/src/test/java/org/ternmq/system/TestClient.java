package org.ternmq.system;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** What every client can do, whoever wrote it. Used by one thread. */
interface TestClient extends AutoCloseable {
    /**
     * How to connect.
     *
     * @param port of this machine
     * @param clientId never empty
     * @param keepSession clean session off, and for 5.0 a session that does not expire
     * @param will published by the broker if the connection breaks
     * @param transport what is below MQTT
     * @param ca whom to trust, where there is TLS
     */
    record Options(
            int port,
            String clientId,
            boolean keepSession,
            Optional<Will> will,
            Transport transport,
            Optional<TestCa> ca) {
        static Options of(int port, String clientId) {
            return new Options(port, clientId, false, Optional.empty(), Transport.TCP, Optional.empty());
        }

        Options keepingSession() {
            return new Options(port, clientId, true, will, transport, ca);
        }

        Options withWill(String topic, String payload, int qos) {
            return new Options(port, clientId, keepSession, Optional.of(new Will(topic, payload, qos)), transport, ca);
        }

        Options through(int otherPort) {
            return new Options(otherPort, clientId, keepSession, will, transport, ca);
        }

        Options over(Transport other, TestCa trusted) {
            return new Options(port, clientId, keepSession, will, other, other.isSecure() ? Optional.of(trusted) : ca);
        }

        /** As most clients want it. */
        String url(String scheme) {
            return scheme + "://127.0.0.1:" + port + (transport.isWebSocket() ? "/mqtt" : "");
        }
    }

    /** What carries MQTT. */
    enum Transport {
        TCP,
        TLS,
        WEBSOCKET,
        SECURE_WEBSOCKET;

        boolean isSecure() {
            return this == TLS || this == SECURE_WEBSOCKET;
        }

        boolean isWebSocket() {
            return this == WEBSOCKET || this == SECURE_WEBSOCKET;
        }
    }

    /**
     * A will that is not retained.
     *
     * @param topic where it is published
     * @param payload as UTF-8
     * @param qos 0 to 2
     */
    record Will(String topic, String payload, int qos) {}

    /** Subscribes, and returns when the broker has said yes. */
    void subscribe(String filter, int qos) throws Exception;

    /** Ends a subscription, and returns when the broker has said so. */
    void unsubscribe(String filter) throws Exception;

    /** Publishes in this order, and returns when the broker has acknowledged all (QoS 0: when they are written). */
    void publish(String topic, int qos, boolean retain, List<String> payloads) throws Exception;

    /** Publishes a retained message without payload. */
    void clearRetained(String topic) throws Exception;

    /** What has come in. */
    BlockingQueue<Received> received();

    /** DISCONNECT, and the end of this client. */
    @Override
    void close() throws Exception;

    default void publish(String topic, int qos, String... payloads) throws Exception {
        publish(topic, qos, false, List.of(payloads));
    }

    /** The next message. */
    default Received next() throws InterruptedException {
        Received message = received().poll(5, TimeUnit.SECONDS);
        if (message == null) {
            throw new AssertionError("no message came within 5 s");
        }
        return message;
    }

    /** All messages up to one with this payload, which is the last of them. */
    default List<Received> until(String lastPayload) throws InterruptedException {
        List<Received> all = new ArrayList<>();
        do {
            Received message = received().poll(5, TimeUnit.SECONDS);
            if (message == null) {
                throw new AssertionError("'" + lastPayload + "' did not come within 5 s; what came: " + all);
            }
            all.add(message);
        } while (!all.get(all.size() - 1).payload().equals(lastPayload));
        return all;
    }

    /** Whether nothing comes for a while. */
    default boolean isQuietFor(Duration time) throws InterruptedException {
        return received().poll(time.toMillis(), TimeUnit.MILLISECONDS) == null;
    }
}
