package org.ternmq.system;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Publishes numbered messages with one QoS to a few topics in turn, remembers what is under way over any number of
 * reconnects, and records what was acknowledged. Its connection's thread owns it; the records may be read by any.
 */
final class CrashPublisher implements Reconnecting.Work {
    static final int TOPICS = 3;
    private static final int WINDOW = 60;
    static final Duration PACE = Duration.ofMillis(15);

    /** A message under way; released when its PUBREC has come. */
    private record UnderWay(String topic, long number, boolean released) {}

    private final String name;
    private final int qos;
    private final boolean retain;
    private final int burst;
    private final Map<Integer, UnderWay> underWay = new LinkedHashMap<>();
    private final Set<Integer> recovered = new HashSet<>();
    private final Map<String, Long> lastAcknowledged = new ConcurrentHashMap<>();
    private final Map<String, Long> lastSent = new ConcurrentHashMap<>();
    private final AtomicLong acknowledged = new AtomicLong();
    private volatile boolean finishing;
    private volatile long sent;
    private volatile int waiting;
    private int nextPacketId = 1;
    private long nextBurst;

    CrashPublisher(String name, int qos, boolean retain) {
        this(name, qos, retain, WINDOW);
    }

    /** With at most so many new messages each {@link #PACE}. */
    CrashPublisher(String name, int qos, boolean retain, int burst) {
        this.name = name;
        this.qos = qos;
        this.retain = retain;
        this.burst = burst;
    }

    String topic(long number) {
        return "crash/" + name + "/" + number % TOPICS;
    }

    int qos() {
        return qos;
    }

    /** Messages given to the broker at least once; their numbers are 0 to this. */
    long sent() {
        return sent;
    }

    /** How many of them were acknowledged: PUBACK, or PUBREC, from which on the broker is responsible (MQTT5 4.3.3). */
    long acknowledged() {
        return acknowledged.get();
    }

    /** How many are between their first PUBLISH and the end of their acknowledgement. */
    int underWay() {
        return waiting;
    }

    /** The highest number that was acknowledged on a topic. */
    Map<String, Long> lastAcknowledged() {
        return lastAcknowledged;
    }

    /** The highest number that was sent on a topic. */
    Map<String, Long> lastSent() {
        return lastSent;
    }

    /** Publishes nothing new from now on. */
    void finish() {
        finishing = true;
    }

    /** Whether every message has been acknowledged to the end. */
    boolean isFinished() {
        return finishing && waiting == 0;
    }

    @Override
    public void resumed(RawClient client) throws IOException {
        recovered.addAll(underWay.keySet());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        underWay.forEach((packetId, message) -> out.writeBytes(
                message.released ? RawClient.ack(RawPacket.PUBREL, packetId) : publish(client, packetId, message, 8)));
        client.send(out.toByteArray()); // in the order in which they were sent first (MQTT5-4.6.0-1)
        nextBurst = System.nanoTime();
    }

    private byte[] publish(RawClient client, int packetId, UnderWay message, int dup) {
        int flags = dup | (retain ? 1 : 0);
        return client.publish(message.topic, qos, flags, packetId, Long.toString(message.number));
    }

    @Override
    public boolean step(RawClient client) throws IOException {
        long untilBurst = nextBurst - System.nanoTime();
        if (untilBurst <= 0 && !finishing) {
            burst(client);
            nextBurst = System.nanoTime() + PACE.toNanos();
        }
        Optional<RawPacket> packet = client.poll(Duration.ofNanos(Math.max(1_000_000, untilBurst)));
        if (packet.isPresent()) {
            acknowledged(client, packet.get());
        }
        return false;
    }

    /** Fills the window as far as the pace lets it, all in one write, so that much is under way at any moment. */
    private void burst(RawClient client) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < burst && underWay.size() < WINDOW; i++) {
            while (underWay.containsKey(nextPacketId)) {
                nextPacketId = nextPacketId % 0xFFFF + 1;
            }
            UnderWay message = new UnderWay(topic(sent), sent, false);
            out.writeBytes(publish(client, nextPacketId, message, 0));
            underWay.put(nextPacketId, message);
            nextPacketId = nextPacketId % 0xFFFF + 1;
            lastSent.put(message.topic, sent);
            sent++;
        }
        waiting = underWay.size();
        client.send(out.toByteArray());
    }

    private void acknowledged(RawClient client, RawPacket packet) throws IOException {
        int packetId = packet.u16(0);
        UnderWay message = underWay.get(packetId);
        // "Not found" is no error for what is sent again: the PUBCOMP was lost, and all is done (MQTT5 3.7.2.1).
        boolean doneBefore =
                packet.type() == RawPacket.PUBCOMP && packet.ackReason() == 0x92 && recovered.contains(packetId);
        if (packet.ackReason() >= 0x80 && !doneBefore) {
            throw new IllegalStateException(name + " was told " + packet);
        }
        switch (packet.type()) {
            case RawPacket.PUBACK -> {
                if (message == null || qos != 1) {
                    throw new IllegalStateException("a PUBACK for nothing: " + packet);
                }
                count(message);
                underWay.remove(packetId);
            }
            case RawPacket.PUBREC -> {
                if (message == null || qos != 2) {
                    throw new IllegalStateException("a PUBREC for nothing: " + packet);
                }
                if (!message.released) {
                    count(message);
                    underWay.put(packetId, new UnderWay(message.topic, message.number, true)); // keeps its place
                }
                client.send(RawClient.ack(RawPacket.PUBREL, packetId));
            }
            case RawPacket.PUBCOMP -> {
                if (message == null || !message.released) {
                    throw new IllegalStateException("a PUBCOMP for nothing: " + packet);
                }
                underWay.remove(packetId);
                recovered.remove(packetId);
            }
            default -> throw new IllegalStateException("not for a publisher: " + packet);
        }
        waiting = underWay.size();
    }

    private void count(UnderWay message) {
        lastAcknowledged.merge(message.topic, message.number, Math::max);
        acknowledged.incrementAndGet();
    }

    @Override
    public Duration away() {
        return Duration.ZERO;
    }
}
