package org.ternmq.broker.bench;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Counts and checks what arrives, and acknowledges it. Belongs to the event loop of its connection. */
final class Subscriber implements Traffic {
    private final int firstPublisher;
    private final Publisher[] publishers;
    private final SequenceCheck[] checks;

    /** Whose messages were read last, and how many of them its window has not been told of. */
    private @Nullable Publisher current;

    private long accounted;

    /**
     * @param firstPublisher number of the first of the publishers
     * @param publishers those whose windows are told of arrivals; may be fewer than there are checks
     * @param checks one for each publisher
     */
    Subscriber(int firstPublisher, Publisher[] publishers, SequenceCheck[] checks) {
        this.firstPublisher = firstPublisher;
        this.publishers = publishers.clone();
        this.checks = checks.clone();
    }

    static SequenceCheck[] checks(int number) {
        SequenceCheck[] checks = new SequenceCheck[number];
        for (int i = 0; i < number; i++) {
            checks[i] = new SequenceCheck();
        }
        return checks;
    }

    @Override
    public void publish(Link from, ByteBuf buffer, int payload, int length, int qos, int packetId) {
        if (qos > 0) {
            Packets.writeAck(from.out(), qos == 1 ? Packets.PUBACK : Packets.PUBREC, packetId);
        }
        int index = length < PublishTemplate.MINIMUM_PAYLOAD ? -1 : buffer.getInt(payload) - firstPublisher;
        if (index < 0 || index >= checks.length) {
            throw new BenchException("a subscriber was sent a message that is not for it");
        }
        LoopStats stats = from.loop().stats();
        stats.latency(from.now() - buffer.getLong(payload + PublishTemplate.TIME_OFFSET));
        stats.lastArrival = from.now();
        long known = checks[index].arrived(buffer.getLong(payload + PublishTemplate.SEQUENCE_OFFSET), stats);
        if (publishers.length > 0) {
            Publisher publisher = publishers[index];
            if (publisher != current) {
                tell();
                current = publisher;
            }
            accounted += known;
        }
    }

    private void tell() {
        Publisher publisher = current;
        if (publisher != null && accounted > 0) {
            publisher.arrived(accounted);
            accounted = 0;
        }
    }

    @Override
    public void ack(Link from, int type, int packetId, int reasonCode) {
        if (type == Packets.PUBREL) {
            Packets.writeAck(from.out(), Packets.PUBCOMP, packetId); // MQTT-4.3.3-11
        }
    }

    @Override
    public void readComplete(Link from) {
        from.flush();
        tell();
    }

    @Override
    public void opened(Link link, int receiveMaximum) {}

    @Override
    public void writable() {}
}
