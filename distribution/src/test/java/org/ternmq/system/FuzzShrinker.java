package org.ternmq.system;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ternmq.system.FuzzScript.Open;
import org.ternmq.system.FuzzScript.Send;
import org.ternmq.system.FuzzScript.Step;

/** Leaves out of a script whatever can be left out while it still fails. Used by one thread. */
final class FuzzShrinker {
    /** Plays a script and tells whether what went wrong goes wrong with it, too. */
    interface Trial {
        boolean fails(FuzzScript script) throws Exception;
    }

    private final Trial trial;
    private int trialsLeft;

    FuzzShrinker(Trial trial, int trials) {
        this.trial = trial;
        this.trialsLeft = trials;
    }

    /** The shortest one found, of one that fails. */
    FuzzScript shrink(FuzzScript failing) throws Exception {
        FuzzScript shortest = new FuzzScript(shorten(failing.steps(), FuzzScript::new));
        for (int i = 0; i < shortest.steps().size(); i++) {
            if (shortest.steps().get(i) instanceof Send send) {
                shortest = shrinkSend(shortest, i, send);
            }
        }
        return shortest;
    }

    private FuzzScript shrinkSend(FuzzScript script, int at, Send send) throws Exception {
        Send shortest = new Send(packets(send.bytes()));
        if (!fails(with(script, at, shortest))) {
            shortest = send; // the writes matter
        }
        List<byte[]> parts = new ArrayList<>(shorten(shortest.parts(), less -> with(script, at, new Send(less))));
        for (int i = 0; i < parts.size(); i++) {
            int part = i;
            List<Byte> bytes = shorten(boxed(parts.get(i)), less -> {
                List<byte[]> all = new ArrayList<>(parts);
                all.set(part, unboxed(less));
                return with(script, at, new Send(all));
            });
            parts.set(i, unboxed(bytes));
        }
        return with(script, at, new Send(parts));
    }

    private interface Maker<T> {
        FuzzScript script(List<T> less);
    }

    /** Halves, quarters, and so on are left out in turn. */
    private <T> List<T> shorten(List<T> all, Maker<T> maker) throws Exception {
        List<T> shortest = all;
        for (int size = Math.max(1, all.size() / 2); ; size /= 2) {
            for (int from = shortest.size() - size; from >= 0; from -= size) {
                List<T> less = new ArrayList<>(shortest.subList(0, from));
                less.addAll(shortest.subList(Math.min(from + size, shortest.size()), shortest.size()));
                if (!less.isEmpty() && fails(maker.script(less))) {
                    shortest = less;
                }
            }
            if (size <= 1) {
                return shortest;
            }
        }
    }

    private boolean fails(FuzzScript script) throws Exception {
        boolean playable = !script.steps().isEmpty() && script.steps().get(0) instanceof Open;
        return playable && trialsLeft-- > 0 && trial.fails(script);
    }

    private static FuzzScript with(FuzzScript script, int at, Step step) {
        List<Step> steps = new ArrayList<>(script.steps());
        steps.set(at, step);
        return new FuzzScript(steps);
    }

    /** Cut where a packet ends, by its remaining length. */
    private static List<byte[]> packets(byte[] bytes) {
        List<byte[]> packets = new ArrayList<>();
        int from = 0;
        while (from < bytes.length) {
            int at = from + 1;
            int length = 0;
            for (int shift = 0; at < bytes.length && shift < 28; shift += 7) {
                length |= (bytes[at] & 127) << shift;
                if (bytes[at++] >= 0) {
                    break;
                }
            }
            int to = (int) Math.min(bytes.length, (long) at + length);
            packets.add(Arrays.copyOfRange(bytes, from, to));
            from = to;
        }
        return packets;
    }

    private static List<Byte> boxed(byte[] bytes) {
        List<Byte> list = new ArrayList<>();
        for (byte b : bytes) {
            list.add(b);
        }
        return list;
    }

    private static byte[] unboxed(List<Byte> list) {
        Bytes bytes = new Bytes();
        list.forEach(b -> bytes.u8(b));
        return bytes.toArray();
    }
}
