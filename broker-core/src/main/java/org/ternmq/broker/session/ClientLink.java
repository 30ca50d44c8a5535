package org.ternmq.broker.session;

import java.util.List;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.spi.control.ConnectionView;

/** The connection as its session sees it. All methods are called on the connection's loop, which is the session's home. */
public interface ClientLink {
    /** The protocol version of this connection. */
    MqttVersion version();

    /**
     * Whether it knows of the broker's Receive Maximum and has to keep to it (MQTT-3.3.4-7). A client of MQTT 3 cannot be told; a
     * bridge passes on what another broker has begun, which only that broker can finish.
     */
    boolean keepsToReceiveMaximum();

    /** The client's Receive Maximum, or the broker's own window if that is smaller (MQTT-3.3.4-9). */
    int receiveMaximum();

    /** The session is about to be opened for this connection. False if the connection is gone already. */
    boolean opening(Session session);

    /** Sends CONNACK 0x00 and lets the client's packets through (MQTT-3.2.0-1). */
    void accepted(boolean sessionPresent);

    /** Sends CONNACK with an error and closes. */
    void refused(ReasonCode reasonCode, String detail);

    /** Another connection has the session now: sends DISCONNECT 0x8E, closes, and never calls the session again
     * (MQTT-3.1.4-3). */
    void takenOver();

    /** Sends DISCONNECT with an error and closes; the session is told that the connection is gone. */
    void close(ReasonCode reasonCode, String detail);

    /**
     * Sends a PUBLISH.
     *
     * @param packetId 0 for QoS 0
     * @return false if it does not fit the client's Maximum Packet Size, so that it counts as delivered (MQTT-3.1.2-25)
     */
    boolean publish(Delivery delivery, int packetId, boolean dup);

    /** Sends PUBACK. */
    void pubAck(int packetId, ReasonCode reasonCode);

    /** Sends PUBREC. */
    void pubRec(int packetId, ReasonCode reasonCode);

    /** Sends PUBREL. */
    void pubRel(int packetId, ReasonCode reasonCode);

    /** Sends PUBCOMP. */
    void pubComp(int packetId, ReasonCode reasonCode);

    /** Sends SUBACK with a code for each filter. */
    void subAck(int packetId, List<ReasonCode> reasonCodes);

    /** Sends UNSUBACK with a code for each filter. */
    void unsubAck(int packetId, List<ReasonCode> reasonCodes);

    /** What operators see of it. */
    ConnectionView view();

    /** Whether what is sent now goes out soon. If not, {@link Session#writable} is called when it does again. */
    boolean isWritable();

    /** Stops reading from the client until {@link #resumeReading}. */
    void pauseReading();

    /** Reads on. */
    void resumeReading();
}
