package org.ternmq.broker.session;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.spi.control.ConnectionView;

/** A connection that remembers what it was given, and acknowledges nothing by itself. */
final class FakeLink implements ClientLink {
    /** A PUBLISH, or the PUBREL of one. */
    record Sent(int packetId, @Nullable Delivery delivery, boolean dup) {
        String payload() {
            Delivery publish = delivery;
            return publish == null
                    ? "PUBREL"
                    : new String(publish.message().payload(), java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    private final int receiveMaximum;
    private final List<Sent> sent = Collections.synchronizedList(new ArrayList<>());
    private volatile @Nullable Session session;
    private volatile boolean accepted;
    private volatile boolean closed;
    private volatile boolean writable = true;

    FakeLink(int receiveMaximum) {
        this.receiveMaximum = receiveMaximum;
    }

    Session session() {
        Session known = session;
        if (known == null) {
            throw new IllegalStateException("not opened");
        }
        return known;
    }

    boolean isAccepted() {
        return accepted;
    }

    boolean isClosed() {
        return closed;
    }

    /** What it was given so far. */
    List<Sent> sent() {
        synchronized (sent) {
            return List.copyOf(sent);
        }
    }

    /** Takes what it was given since the last call. */
    List<Sent> take() {
        synchronized (sent) {
            List<Sent> taken = List.copyOf(sent);
            sent.clear();
            return taken;
        }
    }

    void writable(boolean now) {
        writable = now;
    }

    @Override
    public boolean keepsToReceiveMaximum() {
        return true;
    }

    @Override
    public MqttVersion version() {
        return MqttVersion.V5_0;
    }

    @Override
    public int receiveMaximum() {
        return receiveMaximum;
    }

    @Override
    public boolean opening(Session opened) {
        session = opened;
        return true;
    }

    @Override
    public void accepted(boolean sessionPresent) {
        accepted = true;
    }

    @Override
    public void refused(ReasonCode reasonCode, String detail) {
        closed = true;
    }

    @Override
    public void takenOver() {
        closed = true;
    }

    @Override
    public void close(ReasonCode reasonCode, String detail) {
        closed = true;
    }

    @Override
    public boolean publish(Delivery delivery, int packetId, boolean dup) {
        sent.add(new Sent(packetId, delivery, dup));
        return true;
    }

    @Override
    public void pubAck(int packetId, ReasonCode reasonCode) {}

    @Override
    public void pubRec(int packetId, ReasonCode reasonCode) {}

    @Override
    public void pubRel(int packetId, ReasonCode reasonCode) {
        sent.add(new Sent(packetId, null, false));
    }

    @Override
    public void pubComp(int packetId, ReasonCode reasonCode) {}

    @Override
    public void subAck(int packetId, List<ReasonCode> reasonCodes) {}

    @Override
    public void unsubAck(int packetId, List<ReasonCode> reasonCodes) {}

    @Override
    public boolean isWritable() {
        return writable;
    }

    @Override
    public void pauseReading() {}

    @Override
    public void resumeReading() {}

    @Override
    public ConnectionView view() {
        return new ConnectionView("", "test", 5, 0, Instant.EPOCH, 0, 0, 0, 0);
    }
}
