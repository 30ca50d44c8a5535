package org.ternmq.system;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Damages packets. Used by one thread. */
final class FuzzMutations {
    private final Random random;

    FuzzMutations(Random random) {
        this.random = random;
    }

    /** Changes the order and number of packets, never the one before {@code from}. */
    void mutateList(List<byte[]> packets, int from) {
        if (packets.size() <= from) {
            return;
        }
        int at = from + random.nextInt(packets.size() - from);
        int other = from + random.nextInt(packets.size() - from);
        switch (random.nextInt(4)) {
            case 0 -> packets.add(other, packets.get(at));
            case 1 -> packets.set(other, packets.set(at, packets.get(other)));
            case 2 -> packets.remove(at);
            default -> packets.set(at, splice(packets.get(at), packets.get(other)));
        }
    }

    /** The beginning of one and the end of another. */
    private byte[] splice(byte[] one, byte[] other) {
        int to = random.nextInt(one.length + 1);
        int from = random.nextInt(other.length + 1);
        return new Bytes()
                .bytes(Arrays.copyOf(one, to))
                .bytes(Arrays.copyOfRange(other, from, other.length))
                .toArray();
    }

    /** Changes bytes of one packet. */
    byte[] mutate(byte[] packet) {
        byte[] bytes = packet;
        for (int times = 1 + random.nextInt(3); times > 0 && bytes.length > 0; times--) {
            bytes = mutateOnce(bytes);
        }
        return bytes;
    }

    private byte[] mutateOnce(byte[] packet) {
        int at = random.nextInt(packet.length);
        byte[] bytes = packet.clone();
        switch (random.nextInt(9)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) random.nextInt(256);
            case 2 -> bytes = Arrays.copyOf(bytes, at);
            case 3 -> bytes = part(packet, at, at, random(1 + random.nextInt(4)));
            case 4 -> bytes = part(packet, at, Math.min(packet.length, at + 1 + random.nextInt(4)));
            case 5 -> bytes[at] += (byte) (random.nextBoolean() ? 1 : -1);
            case 6 -> bytes[at] = (byte) new int[] {0, 1, 0x7F, 0x80, 0xFF}[random.nextInt(5)];
            case 7 -> bytes = withLength(packet);
            default -> { // a whole field of two bytes
                bytes[at] = (byte) random.nextInt(2);
                bytes[Math.min(at + 1, bytes.length - 1)] = (byte) random.nextInt(256);
            }
        }
        return bytes;
    }

    /** The same body behind another remaining length. */
    private byte[] withLength(byte[] packet) {
        int end = 1;
        while (end < packet.length && packet[end] < 0 && end < 4) {
            end++;
        }
        byte[][] lengths = {
            {0},
            {1},
            {2},
            {0x7F},
            {(byte) 0x80, 0},
            {(byte) 0xFF, 0x7F},
            {(byte) 0x80, (byte) 0x80, (byte) 0x80, 1},
            {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x7F},
            {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 1}
        };
        return part(packet, 1, Math.min(end + 1, packet.length), lengths[random.nextInt(lengths.length)]);
    }

    private static byte[] part(byte[] bytes, int to, int from, byte... between) {
        return new Bytes()
                .bytes(Arrays.copyOf(bytes, to))
                .bytes(between)
                .bytes(Arrays.copyOfRange(bytes, from, bytes.length))
                .toArray();
    }

    byte[] random(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
