package org.ternmq.broker.simulation;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.protocol.DisconnectException;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.session.ClientLink;
import org.ternmq.broker.session.Session;
import org.ternmq.broker.shard.Shard;
import org.ternmq.spi.QoS;
import org.ternmq.spi.control.ConnectionView;

/** One network connection: what each side has sent and the other not yet read, and what has to hold on it. */
final class SimulatedLink implements ClientLink {
    final Shard shard;
    private final SimulatedClient client;
    private final Ledger ledger;
    private final int receiveMaximum;
    private final ArrayDeque<Runnable> toClient = new ArrayDeque<>();
    /** PUBLISH packets less PUBACK and PUBCOMP, as 4.9 counts: also the end of an earlier connection's flow gives quota. */
    private int quotaUsed;

    /** Sent to the client and, as far as the broker has read, not finished. */
    private final Set<Integer> outstanding = new HashSet<>();

    private final Set<Integer> releasing = new HashSet<>();
    private @Nullable Session session;
    private boolean brokerOpen = true;
    private boolean clientOpen = true;
    private boolean inputLost;
    private boolean claimed;
    private boolean writable = true;

    SimulatedLink(Shard shard, SimulatedClient client, Ledger ledger, int receiveMaximum) {
        this.shard = shard;
        this.client = client;
        this.ledger = ledger;
        this.receiveMaximum = receiveMaximum;
    }

    boolean isOpen() {
        return brokerOpen && clientOpen;
    }

    boolean isOpenForClient() {
        return clientOpen;
    }

    // ---- the client's side

    /** Has the broker do something as if a packet had come, when its loop gets there and the packet has not been lost. */
    void send(Runnable packet) {
        shard.execute(() -> {
            if (brokerOpen && !inputLost) {
                try {
                    packet.run();
                } catch (DisconnectException e) {
                    ledger.fail(client + " was closed for " + e.detail());
                }
            }
        });
    }

    Session session() {
        Session known = session;
        if (known == null) {
            throw new AssertionError("no CONNACK yet");
        }
        return known;
    }

    /** Takes one packet that has come. False if there is none. */
    boolean read() {
        Runnable packet = clientOpen ? toClient.poll() : null;
        if (packet != null) {
            packet.run();
        }
        return packet != null;
    }

    /** The client is gone, and has not read what had come. */
    void leave() {
        clientOpen = false;
        toClient.clear();
    }

    /** What the client has sent and the broker not read does not come. */
    void loseInput() {
        inputLost = true;
    }

    /** Its CONNECT does not come if it has not come yet. */
    void loseConnect() {
        inputLost |= !claimed;
    }

    /** Has the broker take it for the client's connection. */
    void claim(Runnable attach) {
        send(() -> {
            claimed = true;
            attach.run();
        });
    }

    /** The broker finds that the client is gone. */
    void end(boolean saysSo, long newExpiry) {
        shard.execute(() -> {
            if (brokerOpen) {
                brokerOpen = false;
                Session known = session;
                if (known != null) {
                    known.disconnected(this, !saysSo, newExpiry);
                }
            }
        });
    }

    /** The broker is gone. */
    void crash() {
        brokerOpen = false;
        leave();
    }

    void writable(boolean now) {
        writable = now;
        Session known = session;
        if (now && known != null) {
            shard.execute(() -> {
                if (brokerOpen) {
                    known.writable();
                }
            });
        }
    }

    void pubAck(int packetId) {
        send(() -> {
            outstanding.remove(packetId);
            quotaUsed = Math.max(0, quotaUsed - 1);
            session().pubAck(packetId);
        });
    }

    void pubRec(int packetId) {
        send(() -> session().pubRec(packetId, ReasonCode.SUCCESS));
    }

    void pubComp(int packetId) {
        send(() -> {
            outstanding.remove(packetId);
            quotaUsed = Math.max(0, quotaUsed - 1);
            releasing.remove(packetId);
            session().pubComp(packetId);
        });
    }

    // ---- the broker's side

    private void deliver(Runnable packet) {
        if (!shard.inLoop()) {
            ledger.fail("a packet for " + client + " from another loop than its own");
        }
        if (!brokerOpen) {
            ledger.fail("a packet for " + client + " on a connection that was closed");
        }
        if (clientOpen) {
            toClient.add(packet);
        }
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
    public boolean keepsToReceiveMaximum() {
        return true;
    }

    @Override
    public boolean opening(Session opened) {
        session = opened;
        return brokerOpen;
    }

    @Override
    public void accepted(boolean sessionPresent) {
        ledger.note(() -> "CONNACK " + sessionPresent + " to " + client);
        deliver(() -> client.accepted(sessionPresent));
    }

    @Override
    public void refused(ReasonCode reasonCode, String detail) {
        ledger.fail(client + " was refused: " + detail);
    }

    @Override
    public void takenOver() {
        deliver(this::leave);
        brokerOpen = false;
    }

    @Override
    public void close(ReasonCode reasonCode, String detail) {
        ledger.fail(client + " was closed: " + detail);
    }

    @Override
    public boolean publish(Delivery delivery, int packetId, boolean dup) {
        ledger.note(() -> "PUBLISH " + packetId + (dup ? " dup" : "") + " to " + client + ": " + delivery + " by "
                + delivery.group());
        ledger.sent(delivery.qos());
        if (delivery.qos() != QoS.AT_MOST_ONCE) {
            if (++quotaUsed > receiveMaximum) {
                ledger.fail(client + " has " + receiveMaximum + " unfinished and gets one more (MQTT-3.3.4-9)");
            }
            if (!outstanding.add(packetId) || releasing.contains(packetId)) {
                ledger.fail("identifier " + packetId + " for " + client + " is in use (MQTT-2.2.1-4)");
            }
        }
        deliver(() -> client.published(this, delivery, packetId, dup));
        return true;
    }

    @Override
    public void pubAck(int packetId, ReasonCode reasonCode) {
        ledger.note(() -> "PUBACK " + packetId + " to " + client + " " + reasonCode);
        deliver(() -> client.acknowledged(packetId, reasonCode));
    }

    @Override
    public void pubRec(int packetId, ReasonCode reasonCode) {
        ledger.note(() -> "PUBREC " + packetId + " to " + client + " " + reasonCode);
        deliver(() -> client.received(this, packetId, reasonCode));
    }

    @Override
    public void pubRel(int packetId, ReasonCode reasonCode) {
        if (!reasonCode.isError()) {
            releasing.add(packetId);
        }
        deliver(() -> client.released(this, packetId));
    }

    @Override
    public void pubComp(int packetId, ReasonCode reasonCode) {
        deliver(() -> client.completed(packetId));
    }

    @Override
    public void subAck(int packetId, List<ReasonCode> reasonCodes) {
        deliver(() -> client.subscribed(packetId, reasonCodes));
    }

    @Override
    public void unsubAck(int packetId, List<ReasonCode> reasonCodes) {
        deliver(() -> client.unsubscribed(packetId));
    }

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
        return new ConnectionView("", "simulated", 5, 0, Instant.EPOCH, 0, 0, 0, 0);
    }
}
