package org.ternmq.system;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * Records all that arrives in a persistent session, now connected and now away, and remembers over any number of reconnects
 * which messages with QoS 2 it has (MQTT5 4.3.3). Its connection's thread owns it; the records may be read by any.
 */
final class CrashSubscriber implements Reconnecting.Work {
    private final int version;
    private final Random random;
    private final Set<Integer> unreleased = new HashSet<>();
    private final Map<String, List<Long>> arrived = new TreeMap<>();
    private long leaveAt;
    private volatile boolean staying;
    private volatile long count;
    private final Set<String> seen = new HashSet<>();
    private volatile long distinct;

    /**
     * Not started yet.
     *
     * @param seed of the moments when it leaves and returns
     */
    CrashSubscriber(int version, long seed) {
        this.version = version;
        random = new Random(seed);
    }

    /** Does not leave any more. */
    void stay() {
        staying = true;
    }

    /** The numbers that arrived on every topic, in the order in which they arrived. */
    synchronized Map<String, List<Long>> arrived() {
        Map<String, List<Long>> copy = new TreeMap<>();
        arrived.forEach((topic, numbers) -> copy.put(topic, List.copyOf(numbers)));
        return copy;
    }

    long count() {
        return count;
    }

    /** How many different messages. */
    long distinct() {
        return distinct;
    }

    @Override
    public void resumed(RawClient client) {
        leaveAt =
                System.nanoTime() + Duration.ofMillis(100 + random.nextInt(500)).toNanos();
    }

    @Override
    public boolean step(RawClient client) throws IOException {
        Optional<RawPacket> packet = client.poll(Duration.ofMillis(10));
        if (packet.isPresent()) {
            take(client, packet.get());
        }
        if (staying || System.nanoTime() < leaveAt) {
            return false;
        }
        if (random.nextBoolean()) {
            client.disconnect();
        }
        return true;
    }

    private void take(RawClient client, RawPacket packet) throws IOException {
        switch (packet.type()) {
            case RawPacket.PUBLISH -> {
                RawPacket.Publish publish = packet.publish(version);
                if (publish.qos() == 1) {
                    record(publish);
                    client.send(RawClient.ack(RawPacket.PUBACK, publish.packetId()));
                } else if (publish.qos() == 2) {
                    if (unreleased.add(publish.packetId())) {
                        record(publish);
                    } else if (!publish.dup()) {
                        throw new IllegalStateException("packet id in use: " + publish); // MQTT5-2.2.1-4
                    }
                    client.send(RawClient.ack(RawPacket.PUBREC, publish.packetId()));
                } else {
                    throw new IllegalStateException("published with more: " + publish);
                }
            }
            case RawPacket.PUBREL -> {
                unreleased.remove(packet.u16(0));
                client.send(RawClient.ack(RawPacket.PUBCOMP, packet.u16(0)));
            }
            default -> throw new IllegalStateException("not for a subscriber: " + packet);
        }
    }

    private synchronized void record(RawPacket.Publish publish) {
        arrived.computeIfAbsent(publish.topic(), t -> new ArrayList<>()).add(Long.valueOf(publish.payload()));
        count++;
        if (seen.add(publish.topic() + ' ' + publish.payload())) {
            distinct++;
        }
    }

    @Override
    public Duration away() {
        return staying ? Duration.ZERO : Duration.ofMillis(50 + random.nextInt(400));
    }
}
