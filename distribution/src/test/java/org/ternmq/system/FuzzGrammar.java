package org.ternmq.system;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.ternmq.system.FuzzScript.Answer;
import org.ternmq.system.FuzzScript.End;
import org.ternmq.system.FuzzScript.Open;
import org.ternmq.system.FuzzScript.Send;
import org.ternmq.system.FuzzScript.Step;

/** Makes scripts: the same seed, the same script. Used by one thread. */
final class FuzzGrammar {
    private final Random random;
    private final FuzzPackets packets;
    private final FuzzMutations mutations;

    FuzzGrammar(long seed) {
        random = new Random(seed);
        packets = new FuzzPackets(random);
        mutations = new FuzzMutations(random);
    }

    /** One to three connections. */
    FuzzScript script() {
        List<Step> steps = new ArrayList<>();
        int connections = chance(80) ? 1 : 2 + random.nextInt(2);
        for (int i = 0; i < connections; i++) {
            connection(steps);
        }
        return new FuzzScript(steps);
    }

    private void connection(List<Step> steps) {
        steps.add(new Open());
        int version = 3 + random.nextInt(3);
        int kind = random.nextInt(100);
        if (kind < 6) {
            send(steps, List.of(mutations.random(random.nextInt(200))));
        } else if (kind < 10) {
            send(steps, List.of(randomBody()));
        } else if (kind < 16) {
            send(steps, List.of(packets.connect(version), mutations.random(1 + random.nextInt(200))));
        } else if (kind < 24) {
            send(steps, List.of(packets.connect(version), randomBody(), randomBody()));
        } else if (kind < 27) {
            send(steps, packets(version, false)); // no CONNECT
        } else {
            conversation(steps, version);
        }
        switch (random.nextInt(8)) {
            case 0 -> steps.add(End.RESET);
            case 1 -> steps.add(End.HALF_CLOSE);
            case 2, 3 -> steps.add(End.CLOSE);
            default -> {} // at the end of the script
        }
        if (chance(60)) {
            steps.add(Answer.NOTHING);
        }
    }

    private void conversation(List<Step> steps, int version) {
        List<byte[]> first = packets(version, true);
        boolean damaged = chance(55);
        if (damaged) {
            damage(first, chance(15) ? 0 : 1);
        }
        send(steps, first);
        for (int more = random.nextInt(4); more > 0; more--) {
            steps.add(Answer.values()[random.nextInt(Answer.values().length)]);
            List<byte[]> next = packets(version, false);
            if (damaged && chance(30)) {
                damage(next, 0);
            }
            send(steps, next);
        }
    }

    private void damage(List<byte[]> list, int from) {
        for (int times = random.nextInt(3); times > 0; times--) {
            mutations.mutateList(list, from);
        }
        for (int times = random.nextInt(3); times > 0 && list.size() > from; times--) {
            int at = from + random.nextInt(list.size() - from);
            list.set(at, mutations.mutate(list.get(at)));
        }
    }

    private List<byte[]> packets(int version, boolean connect) {
        List<byte[]> list = new ArrayList<>();
        if (connect) {
            list.add(packets.connect(version));
        }
        for (int more = random.nextInt(chance(5) ? 60 : 8); more > 0; more--) {
            list.add(packets.packet(version));
        }
        return list;
    }

    /** A valid first byte and length, and anything behind. */
    private byte[] randomBody() {
        int[] firsts = {0x10, 0x30, 0x31, 0x32, 0x34, 0x3C, 0x40, 0x50, 0x62, 0x70, 0x82, 0xA2, 0xC0, 0xE0, 0xF0};
        byte[] body = mutations.random(random.nextInt(60));
        for (int i = 0; i < body.length; i++) {
            if (chance(60)) {
                body[i] &= 0x2B; // lengths and property identifiers are small numbers
            }
        }
        return new Bytes()
                .u8(firsts[random.nextInt(firsts.length)])
                .counted(new Bytes().bytes(body))
                .toArray();
    }

    /** In one write, in one for each packet, or cut anywhere. */
    private void send(List<Step> steps, List<byte[]> list) {
        List<byte[]> filled = list.stream().filter(packet -> packet.length > 0).toList();
        if (filled.isEmpty()) {
            return;
        }
        int how = random.nextInt(10);
        Send whole = new Send(filled);
        if (how < 3) {
            steps.add(whole);
        } else if (how < 7) {
            steps.add(Send.of(whole.bytes()));
        } else {
            steps.add(cut(whole.bytes(), how == 9 ? 2 : 80));
        }
    }

    private Send cut(byte[] bytes, int most) {
        List<byte[]> parts = new ArrayList<>();
        int from = 0;
        while (from < bytes.length) {
            int size = parts.size() > 100 ? bytes.length - from : 1 + random.nextInt(most);
            int to = Math.min(bytes.length, from + size);
            parts.add(Arrays.copyOfRange(bytes, from, to));
            from = to;
        }
        return new Send(parts);
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }
}
