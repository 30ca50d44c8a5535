package org.ternmq.system;

import java.io.IOException;
import java.util.Optional;

/**
 * A publisher and a subscriber that do all as they should, all the time, on a thread of their own: every message with QoS 1
 * must be acknowledged and must arrive, once and in order, and nobody may be disconnected.
 */
final class HealthyPair implements AutoCloseable {
    private static final int BURST = 8;

    private final String topic;
    private final int version;
    private final RawClient publisher;
    private final RawClient subscriber;
    private final Thread thread;
    private volatile boolean stopping;
    private volatile long messages;
    private volatile long longestMicros;
    private volatile Optional<Throwable> failure = Optional.empty();

    HealthyPair(int port, int version) throws IOException {
        this.version = version;
        topic = "healthy/" + version;
        subscriber = RawClient.connect(port, version, RawClient.Connect.clean("healthy-subscriber-" + version));
        subscriber.subscribe(topic, 1);
        publisher = RawClient.connect(port, version, RawClient.Connect.clean("healthy-publisher-" + version));
        thread = new Thread(this::run, "healthy-" + version);
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            while (!stopping) {
                long start = System.nanoTime();
                burst();
                longestMicros = Math.max(longestMicros, (System.nanoTime() - start) / 1000);
            }
        } catch (IOException | RuntimeException | AssertionError e) {
            failure = Optional.of(e);
        }
    }

    private void burst() throws IOException {
        long first = messages;
        Bytes out = new Bytes();
        for (int i = 0; i < BURST; i++) {
            out.bytes(publisher.publish(topic, 1, 0, i + 1, Long.toString(first + i)));
        }
        publisher.send(out.toArray());
        for (int i = 0; i < BURST; i++) {
            RawPacket.Publish message = subscriber.expect(RawPacket.PUBLISH).publish(version);
            if (!message.payload().equals(Long.toString(first + i)) || message.dup()) {
                throw new AssertionError("instead of message " + (first + i) + " came " + message);
            }
            subscriber.send(RawClient.ack(RawPacket.PUBACK, message.packetId()));
        }
        for (int i = 0; i < BURST; i++) {
            RawPacket acknowledgement = publisher.expect(RawPacket.PUBACK);
            if (acknowledgement.ackReason() >= 0x80) {
                throw new AssertionError("refused: " + acknowledgement);
            }
        }
        messages = first + BURST;
    }

    /** Messages published, acknowledged and received. */
    long messages() {
        return messages;
    }

    /** The longest time from the first of some messages that were published together to the last acknowledgement. */
    long longestMillis() {
        return longestMicros / 1000;
    }

    /** What went wrong, if something did. */
    Optional<Throwable> failure() {
        return failure;
    }

    @Override
    public void close() throws IOException {
        stopping = true;
        try {
            thread.join(2 * RawClient.PATIENCE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        publisher.close();
        subscriber.close();
    }
}
