package org.ternmq.broker.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;

/**
 * What came and went by one listener since the start. Connections tell it once for each read and each write of a socket, however many
 * packets that has. Safe for use by all threads; reads are not atomic over several counters.
 */
public final class ListenerTraffic {
    private final LongAdder opened = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder packetsReceived = new LongAdder();
    private final LongAdder packetsSent = new LongAdder();
    private final LongAdder bytesReceived = new LongAdder();
    private final LongAdder bytesSent = new LongAdder();
    private final LongAdder payloadReceived = new LongAdder();
    private final LongAdder payloadSent = new LongAdder();

    ListenerTraffic(String listener, MeterRegistry registry) {
        counter(registry, listener, "connections.opened", ListenerTraffic::opened, "Network connections accepted");
        counter(registry, listener, "connections.refused", ListenerTraffic::refused, "Connections refused");
        counter(registry, listener, "received.packets", ListenerTraffic::packetsReceived, "MQTT packets from clients");
        counter(registry, listener, "sent.packets", ListenerTraffic::packetsSent, "MQTT packets to clients");
        counter(registry, listener, "received.bytes", ListenerTraffic::bytesReceived, "Bytes of MQTT from clients");
        counter(registry, listener, "sent.bytes", ListenerTraffic::bytesSent, "Bytes of MQTT to clients");
    }

    private void counter(
            MeterRegistry registry,
            String listener,
            String what,
            ToDoubleFunction<ListenerTraffic> value,
            String description) {
        FunctionCounter.builder("ternmq.listener." + what, this, value)
                .description(description)
                .tag("listener", listener)
                .register(registry);
    }

    /** A network connection was accepted. */
    public void connectionOpened() {
        opened.increment();
    }

    void connectionRefused() {
        refused.increment();
    }

    /** Bytes came in. */
    public void received(int bytes) {
        bytesReceived.add(bytes);
    }

    /** Packets were read from them. */
    public void decoded(int packets, long payloadBytes) {
        packetsReceived.add(packets);
        if (payloadBytes > 0) {
            payloadReceived.add(payloadBytes);
        }
    }

    /** Bytes go out, with packets in them. */
    public void sent(int bytes, int packets, long payloadBytes) {
        bytesSent.add(bytes);
        packetsSent.add(packets);
        if (payloadBytes > 0) {
            payloadSent.add(payloadBytes);
        }
    }

    /** Network connections accepted. */
    public long opened() {
        return opened.sum();
    }

    /** Connections refused, before or after their CONNECT. */
    public long refused() {
        return refused.sum();
    }

    /** MQTT packets from clients. */
    public long packetsReceived() {
        return packetsReceived.sum();
    }

    /** MQTT packets to clients. */
    public long packetsSent() {
        return packetsSent.sum();
    }

    /** Bytes of MQTT from clients. */
    public long bytesReceived() {
        return bytesReceived.sum();
    }

    /** Bytes of MQTT to clients. */
    public long bytesSent() {
        return bytesSent.sum();
    }

    /** Bytes of the payloads of PUBLISH packets from clients. */
    public long payloadReceived() {
        return payloadReceived.sum();
    }

    /** Bytes of the payloads of PUBLISH packets to clients. */
    public long payloadSent() {
        return payloadSent.sum();
    }
}
