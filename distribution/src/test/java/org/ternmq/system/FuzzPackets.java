package org.ternmq.system;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** Packets as a client may send them, mostly valid, with few names so that clients meet. Used by one thread. */
final class FuzzPackets {
    static final int CLIENT_IDS = 24;
    private static final String[] TOPICS = {
        "f",
        "f/a",
        "f/a/b",
        "f/b",
        "/",
        "//",
        "f/ä/€/\uD83D\uDE00",
        "$SYS/f",
        "$f",
        "f/+",
        "f/#",
        "",
        "f\0",
        "\uFEFFf",
        "f/\u0001"
    };
    private static final String[] FILTERS = {
        "f/#",
        "#",
        "+",
        "f/+",
        "+/+",
        "f",
        "f/a",
        "/",
        "$SYS/#",
        "$share/g/f/#",
        "$share/h/f/+",
        "$share/g/#",
        "$share/g",
        "$share//f",
        "$share/g/",
        "$share/g+/f",
        "$share/",
        "f#",
        "f/+a",
        "#/f",
        "",
        "f\0"
    };
    private static final int[] NUMBERS = {0, 1, 2, 10, 0x7F, 0xFF, 0xFFFF, 0x10000, Integer.MAX_VALUE, -1};
    /** What may stand in which packet, MQTT 5.0 table 2-4. */
    private static final int[] IN_CONNECT = {0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27};

    private static final int[] IN_WILL = {0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26};
    private static final int[] IN_PUBLISH = {0x01, 0x02, 0x03, 0x08, 0x09, 0x23, 0x26};
    private static final int[] IN_ACK = {0x1F, 0x26};
    private static final int[] IN_SUBSCRIBE = {0x0B, 0x26};
    private static final int[] IN_UNSUBSCRIBE = {0x26};
    private static final int[] IN_DISCONNECT = {0x11, 0x1C, 0x1F, 0x26};
    private static final int[] IN_AUTH = {0x15, 0x16, 0x1F, 0x26};

    private final Random random;

    FuzzPackets(Random random) {
        this.random = random;
    }

    byte[] connect(int version) {
        boolean will = chance(25);
        boolean user = chance(20);
        boolean password = user && chance(80) || version == 5 && chance(5);
        int flags = (user ? 0x80 : 0) | (password ? 0x40 : 0) | (chance(40) ? 2 : 0);
        if (will) {
            flags |= 4 | random.nextInt(3) << 3 | (chance(30) ? 0x20 : 0);
        }
        Bytes body = new Bytes()
                .text(version == 3 ? "MQIsdp" : "MQTT")
                .u8(version)
                .u8(flags)
                .u16(chance(90) ? 60 : number());
        properties(body, version, IN_CONNECT);
        body.text(clientId());
        if (will) {
            properties(body, version, IN_WILL);
            body.text(chance(90) ? "f/will" : topic());
            text(body, payload());
        }
        if (user) {
            body.text("user");
        }
        if (password) {
            text(body, payload());
        }
        return packet(0x10, body);
    }

    private String clientId() {
        return switch (random.nextInt(20)) {
            case 0 -> "";
            case 1 -> "x".repeat(random.nextInt(2000));
            case 2 -> "f\u0007\n\u001B[2J";
            default -> "fuzz-" + random.nextInt(CLIENT_IDS);
        };
    }

    /** Any but CONNECT, which is rare. */
    byte[] packet(int version) {
        int kind = random.nextInt(100);
        if (kind < 38) {
            return publish(version);
        } else if (kind < 60) {
            return acknowledgement(version);
        } else if (kind < 80) {
            return subscribe(version);
        } else if (kind < 86) {
            return unsubscribe(version);
        } else if (kind < 91) {
            return new byte[] {(byte) 0xC0, 0};
        } else if (kind < 95) {
            return disconnect(version);
        } else if (kind < 98) {
            return auth(version);
        } else if (kind < 99) {
            return connect(version);
        }
        return packet(random.nextInt(256), new Bytes().u16(number()));
    }

    private byte[] publish(int version) {
        int qos = random.nextInt(3);
        int flags = qos << 1 | (chance(10) ? 1 : 0) | (qos > 0 && chance(15) ? 8 : 0);
        Bytes body = new Bytes().text(topic());
        if (qos > 0) {
            body.u16(packetId());
        }
        properties(body, version, IN_PUBLISH);
        return packet(0x30 | flags, body.bytes(payload()));
    }

    private byte[] acknowledgement(int version) {
        int type = RawPacket.PUBACK + random.nextInt(4);
        Bytes body = new Bytes().u16(packetId());
        if (version == 5 && chance(40)) {
            body.u8(chance(60) ? 0 : chance(50) ? 0x80 : random.nextInt(256));
            if (chance(50)) {
                properties(body, version, IN_ACK);
            }
        }
        return packet(type << 4 | (type == RawPacket.PUBREL ? 2 : 0), body);
    }

    private byte[] subscribe(int version) {
        Bytes body = new Bytes().u16(packetId());
        properties(body, version, IN_SUBSCRIBE);
        for (int filters = chance(3) ? 200 : chance(70) ? 1 : random.nextInt(5); filters > 0; filters--) {
            int options = chance(95) ? random.nextInt(3) : random.nextInt(256);
            if (version == 5 && chance(40)) {
                options |= random.nextInt(16) << 2 & 0x2C;
            }
            body.text(filter()).u8(options);
        }
        return packet(0x82, body);
    }

    private byte[] unsubscribe(int version) {
        Bytes body = new Bytes().u16(packetId());
        properties(body, version, IN_UNSUBSCRIBE);
        for (int filters = random.nextInt(4); filters > 0; filters--) {
            body.text(filter());
        }
        return packet(0xA2, body);
    }

    private byte[] disconnect(int version) {
        Bytes body = new Bytes();
        if (version == 5 && chance(60)) {
            body.u8(chance(50) ? 0 : chance(60) ? 4 : random.nextInt(256));
            properties(body, version, IN_DISCONNECT);
        }
        return packet(0xE0, body);
    }

    private byte[] auth(int version) {
        Bytes body = new Bytes();
        if (chance(80)) {
            body.u8(new int[] {0, 0x18, 0x19, 0x80}[random.nextInt(4)]);
            properties(body, version, IN_AUTH);
        }
        return packet(0xF0, body);
    }

    private static byte[] packet(int first, Bytes body) {
        return new Bytes().u8(first).counted(body).toArray();
    }

    private void properties(Bytes out, int version, int... allowed) {
        if (version != 5) {
            return;
        }
        Bytes set = new Bytes();
        if (chance(40)) {
            for (int count = 1 + random.nextInt(3); count > 0; count--) {
                property(set, chance(95) ? allowed[random.nextInt(allowed.length)] : random.nextInt(0x2C));
            }
        }
        out.counted(set);
    }

    private void property(Bytes out, int identifier) {
        out.varInt(identifier);
        switch (identifier) {
            case 0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A -> out.u8(chance(90) ? random.nextInt(2) : number());
            case 0x13, 0x21, 0x22, 0x23 -> out.u16(chance(80) ? random.nextInt(34) : number());
            case 0x02, 0x11, 0x18 -> out.u32(chance(70) ? random.nextInt(4) : number());
            case 0x27 -> out.u32(chance(50) ? 20 + random.nextInt(200) : number());
            case 0x0B -> out.varInt(chance(80) ? 1 + random.nextInt(5) : number() & 0x0FFF_FFFF);
            case 0x26 -> out.text("k").text("v".repeat(random.nextInt(20)));
            case 0x08 -> out.text(topic());
            case 0x09, 0x16 -> text(out, payload());
            default -> out.text("text");
        }
    }

    private static void text(Bytes out, byte[] bytes) {
        int length = Math.min(bytes.length, 0xFFFF);
        out.u16(length).bytes(Arrays.copyOf(bytes, length));
    }

    private String topic() {
        return switch (random.nextInt(40)) {
            case 0 -> "f/".repeat(random.nextInt(300));
            case 1 -> "x".repeat(random.nextInt(60_000));
            case 2, 3, 4, 5 -> ""; // with an alias
            default -> chance(70) ? TOPICS[random.nextInt(4)] : TOPICS[random.nextInt(TOPICS.length)];
        };
    }

    private String filter() {
        return switch (random.nextInt(40)) {
            case 0 -> "+/".repeat(random.nextInt(300)) + "#";
            case 1 -> "f/" + random.nextInt(1000);
            default -> chance(70) ? FILTERS[random.nextInt(10)] : FILTERS[random.nextInt(FILTERS.length)];
        };
    }

    private byte[] payload() {
        int size = switch (random.nextInt(60)) {
            case 0 -> random.nextInt(200_000);
            case 1, 2 -> random.nextInt(5000);
            case 3, 4, 5 -> 0;
            default -> random.nextInt(40);
        };
        return "0123456789".repeat(size / 10 + 1).substring(0, size).getBytes(StandardCharsets.UTF_8);
    }

    /** Few, so that acknowledgements often fit: the broker counts from 1. */
    private int packetId() {
        return chance(85) ? 1 + random.nextInt(8) : number();
    }

    private int number() {
        return chance(80) ? NUMBERS[random.nextInt(NUMBERS.length)] : random.nextInt();
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }
}
