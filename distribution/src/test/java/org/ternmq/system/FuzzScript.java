package org.ternmq.system;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What one client of the fuzz test does, step by step. As text, which the corpus is made of: one step a line, {@code #} begins
 * a comment.
 *
 * @param steps the first one is an {@link Open}
 */
record FuzzScript(List<Step> steps) {
    /** One step. */
    sealed interface Step {}

    /** {@code open}: a new connection, which the following steps use; those before it stay as they are until the end. */
    record Open() implements Step {
        @Override
        public String toString() {
            return "open";
        }
    }

    /** {@code send 10 0c… 00}: bytes in hexadecimal, each part in a write of its own. */
    record Send(List<byte[]> parts) implements Step {
        static Send of(byte... bytes) {
            return new Send(List.of(bytes));
        }

        byte[] bytes() {
            Bytes all = new Bytes();
            parts.forEach(all::bytes);
            return all.toArray();
        }

        @Override
        public String toString() {
            return parts.stream().map(HexFormat.of()::formatHex).collect(Collectors.joining(" ", "send ", ""));
        }
    }

    /** Reads what there is, and acknowledges it in some way; waits a short time if there is nothing. */
    enum Answer implements Step {
        /** Only reads. */
        NOTHING,
        /** As a client should. */
        IN_ORDER,
        /** All that should be acknowledged, the last first. */
        REVERSED,
        /** Every acknowledgement two times. */
        TWICE,
        /** PUBREC for QoS 1, PUBACK for QoS 2, PUBCOMP without PUBREL. */
        WRONG;

        @Override
        public String toString() {
            return "answer " + name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** How a connection ends. */
    enum End implements Step {
        /** Nothing more is sent, but the other direction stays open. */
        HALF_CLOSE,
        /** In order. */
        CLOSE,
        /** With a TCP reset. */
        RESET;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    static FuzzScript parse(List<String> lines) {
        List<Step> steps = new ArrayList<>();
        for (String line : lines) {
            if (!line.isBlank() && !line.startsWith("#")) {
                steps.add(step(line.strip().split(" +")));
            }
        }
        return new FuzzScript(steps);
    }

    private static Step step(String... words) {
        return switch (words[0]) {
            case "open" -> new Open();
            case "send" ->
                new Send(Arrays.stream(words)
                        .skip(1)
                        .map(HexFormat.of()::parseHex)
                        .toList());
            case "answer" -> Answer.valueOf(constant(words[1]));
            default -> End.valueOf(constant(words[0]));
        };
    }

    private static String constant(String word) {
        return word.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    @Override
    public String toString() {
        return steps.stream().map(step -> step + "\n").collect(Collectors.joining());
    }
}
