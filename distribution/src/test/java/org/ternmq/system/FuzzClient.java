package org.ternmq.system;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.ternmq.system.FuzzScript.Answer;

/**
 * One connection of a script. Whatever it has sent, what comes back must be MQTT: CONNACK first and once, then packets that a
 * server may send, and nothing behind DISCONNECT or a refusal. Used by one thread.
 */
final class FuzzClient implements AutoCloseable {
    /** Counts of all connections together; safe for use by all threads. */
    record Figures(LongAdder connections, LongAdder accepted, LongAdder bytes, LongAdder packets, LongAdder stuck) {
        Figures() {
            this(new LongAdder(), new LongAdder(), new LongAdder(), new LongAdder(), new LongAdder());
        }
    }

    /** How long a step waits for the broker to say something, or to take something. */
    private static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(40);

    private final Figures figures;
    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocate(1 << 16);
    private byte[] rest = new byte[0];
    private final List<RawPacket> unanswered = new ArrayList<>();
    private int received;
    private boolean last;
    private boolean over;

    private FuzzClient(int port, Figures figures) throws IOException {
        this.figures = figures;
        channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        figures.connections.increment();
    }

    /** Does all that a script says; an assertion fails if the broker answers with something that is not MQTT. */
    static void play(int port, FuzzScript script, Figures figures) throws IOException {
        List<FuzzClient> open = new ArrayList<>();
        try {
            for (FuzzScript.Step step : script.steps()) {
                if (step instanceof FuzzScript.Open) {
                    open.add(new FuzzClient(port, figures));
                } else {
                    open.get(open.size() - 1).take(step);
                }
            }
        } finally {
            for (FuzzClient client : open) {
                client.close();
            }
        }
    }

    private void take(FuzzScript.Step step) {
        if (over) {
            return;
        }
        try {
            if (step instanceof FuzzScript.Send send) {
                for (byte[] part : send.parts()) {
                    write(part);
                }
            } else if (step instanceof Answer answer) {
                answer(answer);
            } else if (step instanceof FuzzScript.End end) {
                end(end);
            }
        } catch (IOException e) {
            over = true; // the broker has closed the connection, as it may
        }
    }

    private void write(byte[] part) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(part);
        long end = System.nanoTime() + 10 * PATIENCE;
        while (true) {
            figures.bytes.add(channel.write(bytes));
            read();
            if (!bytes.hasRemaining() || over) {
                return;
            }
            if (System.nanoTime() > end) {
                figures.stuck.increment(); // what it does not read it need not take either
                end(FuzzScript.End.RESET);
                return;
            }
            LockSupport.parkNanos(200_000);
        }
    }

    private void answer(Answer how) throws IOException {
        int before = received;
        long end = System.nanoTime() + PATIENCE;
        read();
        while (received == before && !over && System.nanoTime() < end) {
            LockSupport.parkNanos(200_000);
            read();
        }
        List<RawPacket> packets = new ArrayList<>(unanswered);
        unanswered.clear();
        if (how == Answer.REVERSED) {
            Collections.reverse(packets);
        }
        Bytes out = new Bytes();
        for (RawPacket packet : packets) {
            byte[] acknowledgement = acknowledgement(packet, how == Answer.WRONG);
            for (int times = how == Answer.TWICE ? 2 : how == Answer.NOTHING ? 0 : 1; times > 0; times--) {
                out.bytes(acknowledgement);
            }
        }
        if (!over) {
            write(out.toArray());
        }
    }

    private static byte[] acknowledgement(RawPacket packet, boolean wrong) {
        return switch (packet.type()) {
            case RawPacket.PUBLISH -> {
                boolean once = (packet.first() >> 1 & 3) == 1;
                int packetId = packet.u16(2 + packet.u16(0));
                yield RawClient.ack(once == wrong ? RawPacket.PUBREC : RawPacket.PUBACK, packetId);
            }
            case RawPacket.PUBREC -> RawClient.ack(wrong ? RawPacket.PUBCOMP : RawPacket.PUBREL, packet.u16(0));
            default -> RawClient.ack(wrong ? RawPacket.PUBREC : RawPacket.PUBCOMP, packet.u16(0));
        };
    }

    private void end(FuzzScript.End how) throws IOException {
        switch (how) {
            case HALF_CLOSE -> channel.shutdownOutput();
            case CLOSE -> close();
            case RESET -> {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                close();
            }
        }
    }

    /** Takes what is there, without waiting. */
    private void read() throws IOException {
        while (!over) {
            in.clear();
            int count = channel.read(in);
            if (count < 0) {
                over = true;
            } else if (count == 0) {
                return;
            } else {
                byte[] bytes = Arrays.copyOf(rest, rest.length + count);
                in.flip().get(bytes, rest.length, count);
                rest = takePackets(bytes);
            }
        }
    }

    private byte[] takePackets(byte[] bytes) {
        int from = 0;
        while (true) {
            int at = from + 1;
            int length = 0;
            int shift = 0;
            while (at < bytes.length && bytes[at] < 0) {
                length |= (bytes[at++] & 127) << shift;
                shift += 7;
                check(shift < 28, bytes);
            }
            if (at >= bytes.length) {
                return Arrays.copyOfRange(bytes, from, bytes.length);
            }
            length |= (bytes[at++] & 127) << shift;
            if (length > bytes.length - at) {
                return Arrays.copyOfRange(bytes, from, bytes.length);
            }
            take(new RawPacket(bytes[from] & 0xFF, Arrays.copyOfRange(bytes, at, at + length)));
            from = at + length;
        }
    }

    private void take(RawPacket packet) {
        received++;
        figures.packets.increment();
        check(!last, packet);
        check((packet.type() == RawPacket.CONNACK) == (received == 1), packet);
        int flags = packet.first() & 0x0F;
        check(packet.type() == RawPacket.PUBLISH || flags == (packet.type() == RawPacket.PUBREL ? 2 : 0), packet);
        switch (packet.type()) {
            case RawPacket.CONNACK -> {
                check(packet.body().length >= 2, packet);
                last = packet.u8(1) != 0;
                if (!last) {
                    figures.accepted.increment();
                }
            }
            case RawPacket.PUBLISH -> {
                check(packet.body().length >= 2 && packet.body().length >= 2 + packet.u16(0), packet);
                int qos = flags >> 1 & 3;
                check(qos < 3, packet);
                if (qos > 0) {
                    check(packet.u16(2 + packet.u16(0)) > 0, packet);
                    unanswered.add(packet);
                }
            }
            case RawPacket.PUBREC, RawPacket.PUBREL -> {
                check(packet.body().length >= 2 && packet.u16(0) > 0, packet);
                if (packet.ackReason() < 0x80) {
                    unanswered.add(packet);
                }
            }
            case RawPacket.PUBACK, RawPacket.PUBCOMP, RawPacket.SUBACK, RawPacket.UNSUBACK ->
                check(packet.body().length >= 2 && packet.u16(0) > 0, packet);
            case RawPacket.PINGRESP -> check(packet.body().length == 0, packet);
            case RawPacket.DISCONNECT -> last = true;
            default -> check(false, packet);
        }
    }

    private void check(boolean good, RawPacket packet) {
        if (!good) {
            throw new AssertionError("packet " + received + " from the broker is not MQTT: " + packet);
        }
    }

    private static void check(boolean good, byte[] bytes) {
        if (!good) {
            throw new AssertionError(
                    "bytes from the broker are not MQTT: " + HexFormat.of().formatHex(bytes));
        }
    }

    @Override
    public void close() throws IOException {
        over = true;
        channel.close();
    }
}
