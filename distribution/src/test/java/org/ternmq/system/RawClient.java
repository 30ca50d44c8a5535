package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** A connection and MQTT's bytes: does what it is told and nothing by itself, not even an acknowledgement. Used by one thread. */
final class RawClient implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private final int version;
    private final RawTransport transport;
    private byte[] buffer = new byte[8192];
    private int from;
    private int to;

    private RawClient(RawTransport transport, int version) {
        this.transport = transport;
        this.version = version;
    }

    /**
     * Opens a connection and sends nothing.
     *
     * @param version 3, 4 (MQTT 3.1.1) or 5
     */
    static RawClient open(int port, int version) throws IOException {
        return open(RawTransport.of(new Socket(InetAddress.getLoopbackAddress(), port)), version);
    }

    /** Sends nothing yet over a connection that is open. */
    static RawClient open(RawTransport transport, int version) {
        return new RawClient(transport, version);
    }

    /** Opens a connection, sends CONNECT and waits for a CONNACK that lets it in. */
    static RawClient connect(int port, int version, Connect connect) throws IOException {
        return connect(RawTransport.of(new Socket(InetAddress.getLoopbackAddress(), port)), version, connect);
    }

    /** Sends CONNECT over a connection that is open and waits for a CONNACK that lets it in. */
    static RawClient connect(RawTransport transport, int version, Connect connect) throws IOException {
        RawClient client = open(transport, version);
        client.send(connect.packet(version));
        RawPacket connAck = client.expect(RawPacket.CONNACK);
        assertThat(connAck.u8(1)).as("reason code of %s", connAck).isZero();
        client.sessionPresent = (connAck.u8(0) & 1) != 0;
        return client;
    }

    private boolean sessionPresent;

    /** What the CONNACK said. */
    boolean sessionPresent() {
        return sessionPresent;
    }

    /**
     * A CONNECT.
     *
     * @param clientId may be empty
     * @param cleanStart clean session before 5.0
     * @param keepAlive seconds
     * @param sessionExpiry seconds; sent with 5.0 only
     * @param user user name, empty for none
     * @param password sent if there is a user name
     * @param willTopic empty for no will
     */
    record Connect(
            String clientId,
            boolean cleanStart,
            int keepAlive,
            long sessionExpiry,
            String user,
            String password,
            String willTopic) {
        /** A session that ends with the connection. */
        static Connect clean(String clientId) {
            return new Connect(clientId, true, 60, 0, "", "", "");
        }

        /** A session that stays. */
        static Connect persistent(String clientId) {
            return new Connect(clientId, false, 60, 0xFFFF_FFFFL, "", "", "");
        }

        Connect keepAlive(int seconds) {
            return new Connect(clientId, cleanStart, seconds, sessionExpiry, user, password, willTopic);
        }

        Connect sessionExpiry(long seconds) {
            return new Connect(clientId, cleanStart, keepAlive, seconds, user, password, willTopic);
        }

        Connect user(String name, String secret) {
            return new Connect(clientId, cleanStart, keepAlive, sessionExpiry, name, secret, willTopic);
        }

        /** A will with QoS 1, whose payload is "will". */
        Connect will(String topic) {
            return new Connect(clientId, cleanStart, keepAlive, sessionExpiry, user, password, topic);
        }

        byte[] packet(int version) {
            int flags = (user.isEmpty() ? 0 : 0xC0) | (cleanStart ? 2 : 0) | (willTopic.isEmpty() ? 0 : 0x0C);
            Bytes body = new Bytes()
                    .text(version == 3 ? "MQIsdp" : "MQTT")
                    .u8(version)
                    .u8(flags)
                    .u16(keepAlive);
            if (version == 5) {
                body.counted(
                        sessionExpiry == 0 ? new Bytes() : new Bytes().u8(0x11).u32(sessionExpiry));
            }
            body.text(clientId);
            if (!willTopic.isEmpty()) {
                if (version == 5) {
                    body.varInt(0);
                }
                body.text(willTopic).text("will");
            }
            if (!user.isEmpty()) {
                body.text(user).text(password);
            }
            return new Bytes().u8(0x10).counted(body).toArray();
        }
    }

    void send(byte[] bytes) throws IOException {
        transport.write(bytes);
    }

    void sendHex(String hex) throws IOException {
        send(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    /** A PUBLISH; the flags are DUP 8 and RETAIN 1. */
    byte[] publish(String topic, int qos, int flags, int packetId, String payload) {
        Bytes body = new Bytes().text(topic);
        if (qos > 0) {
            body.u16(packetId);
        }
        if (version == 5) {
            body.varInt(0);
        }
        body.bytes(payload.getBytes(StandardCharsets.UTF_8));
        return new Bytes().u8(0x30 | qos << 1 | flags).counted(body).toArray();
    }

    /** PUBACK, PUBREC, PUBREL or PUBCOMP. */
    static byte[] ack(int type, int packetId) {
        return new Bytes()
                .u8(type << 4 | (type == RawPacket.PUBREL ? 2 : 0))
                .u8(2)
                .u16(packetId)
                .toArray();
    }

    /** Subscribes, and fails if the QoS is not granted. */
    void subscribe(String filter, int qos) throws IOException {
        Bytes body = new Bytes().u16(1);
        if (version == 5) {
            body.varInt(0);
        }
        send(new Bytes().u8(0x82).counted(body.text(filter).u8(qos)).toArray());
        RawPacket subAck = expect(RawPacket.SUBACK);
        assertThat(subAck.u8(subAck.body().length - 1))
                .as("granted QoS in %s", subAck)
                .isEqualTo(qos);
    }

    /** The next packet, if one comes in time; the connection is still good if none does. */
    Optional<RawPacket> poll(Duration timeout) throws IOException {
        long end = System.nanoTime() + timeout.toNanos();
        while (true) {
            Optional<RawPacket> packet = parse();
            if (packet.isPresent()) {
                return packet;
            }
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0 && transport.available() == 0) {
                return Optional.empty();
            }
            if (to == buffer.length) {
                makeRoom();
            }
            try {
                int read = transport.read(buffer, to, buffer.length - to, (int) Math.max(1, left));
                if (read < 0) {
                    throw new EOFException("the broker closed the connection");
                }
                to += read;
            } catch (SocketTimeoutException e) {
                return Optional.empty();
            }
        }
    }

    private void makeRoom() {
        byte[] next = to - from > buffer.length / 2 ? new byte[buffer.length * 2] : buffer;
        System.arraycopy(buffer, from, next, 0, to - from);
        buffer = next;
        to -= from;
        from = 0;
    }

    private Optional<RawPacket> parse() {
        int at = from + 1;
        int length = 0;
        for (int shift = 0; at < to; shift += 7) {
            int next = buffer[at++];
            length |= (next & 127) << shift;
            if (next >= 0) {
                if (to - at < length) {
                    return Optional.empty();
                }
                RawPacket packet = new RawPacket(buffer[from] & 0xFF, Arrays.copyOfRange(buffer, at, at + length));
                from = at + length;
                if (from == to) {
                    from = 0;
                    to = 0;
                }
                return Optional.of(packet);
            }
        }
        return Optional.empty();
    }

    /** The next packet, which must come and must be of this type. */
    RawPacket expect(int type) throws IOException {
        RawPacket packet = poll(PATIENCE)
                .orElseThrow(() -> new AssertionError("nothing came, where a packet of type " + type + " was due"));
        assertThat(packet.type()).as("type of %s", packet).isEqualTo(type);
        return packet;
    }

    /** The next packet, which must be a PUBLISH. */
    RawPacket.Publish expectPublish() throws IOException {
        return expect(RawPacket.PUBLISH).publish(version);
    }

    /** The broker must close the connection and send nothing more before. */
    void expectClosed() throws IOException {
        try {
            Optional<RawPacket> packet = poll(PATIENCE);
            throw new AssertionError(
                    packet.map(p -> "instead of a close came " + p).orElse("the broker did not close"));
        } catch (EOFException | SocketException e) {
            // as it should be
        }
    }

    /** DISCONNECT, and the end of the connection. */
    void disconnect() throws IOException {
        sendHex("E0 00");
        close();
    }

    /** Ends the connection without DISCONNECT. */
    @Override
    public void close() throws IOException {
        transport.close();
    }
}
