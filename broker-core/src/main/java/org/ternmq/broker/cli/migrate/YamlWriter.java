package org.ternmq.broker.cli.migrate;

import java.util.List;
import java.util.Map;

/** Writes blocks of YAML. Texts are quoted; numbers, flags and {@link Word} are not. */
final class YamlWriter {
    /**
     * A word of the configuration's own: never anything that was read.
     *
     * @param text what to write
     */
    record Word(String text) {}

    /**
     * An item of a list that is written as a comment.
     *
     * @param why in front of it
     * @param value the item
     */
    record LeftOut(String why, Map<String, Object> value) {}

    private final StringBuilder out = new StringBuilder();

    /** Adds a line of comment. */
    void comment(String text) {
        out.append("# ").append(Quoted.plain(text)).append('\n');
    }

    /** Adds keys at the top. */
    void write(Map<String, Object> block) {
        block(block, 0, "");
    }

    /** All that was written. */
    String text() {
        return out.toString();
    }

    private void block(Map<String, Object> block, int depth, String mark) {
        block.forEach((key, value) -> entry(key, value, depth, mark));
    }

    private void entry(String key, Object value, int depth, String mark) {
        out.append(mark).append("  ".repeat(depth)).append(key).append(':');
        if (value instanceof Map<?, ?> map && !map.isEmpty()) {
            out.append('\n');
            map.forEach((k, v) -> entry(String.valueOf(k), v, depth + 1, mark));
        } else if (value instanceof List<?> list && list.stream().anyMatch(YamlWriter::isBlock)) {
            // A list of comments alone would be nothing at all, so the key is one too.
            boolean nothing = list.stream().allMatch(LeftOut.class::isInstance);
            if (nothing) {
                out.insert(out.length() - key.length() - 1, "# ");
            }
            out.append('\n');
            list.forEach(item -> item(item, depth + 1, mark));
        } else {
            out.append(' ').append(flow(value)).append('\n');
        }
    }

    private static boolean isBlock(Object item) {
        return item instanceof Map || item instanceof LeftOut;
    }

    private void item(Object item, int depth, String mark) {
        if (item instanceof LeftOut left) {
            out.append("  ".repeat(depth))
                    .append("# ")
                    .append(Quoted.plain(left.why()))
                    .append('\n');
            item(left.value(), depth, "# ");
        } else if (item instanceof Map<?, ?> map) {
            int dash = out.length() + mark.length() + 2 * depth;
            map.forEach((key, value) -> entry(String.valueOf(key), value, depth + 1, mark));
            out.setCharAt(dash, '-');
        }
    }

    private static String flow(Object value) {
        if (value instanceof Map<?, ?> map) {
            StringBuilder all = new StringBuilder("{");
            map.forEach((key, each) -> all.append(all.length() == 1 ? "" : ", ")
                    .append(key)
                    .append(": ")
                    .append(flow(each)));
            return all.append('}').toString();
        }
        if (value instanceof List<?> list) {
            return "[" + String.join(", ", list.stream().map(YamlWriter::flow).toList()) + "]";
        }
        return value instanceof String text
                ? Quoted.yaml(text)
                : value instanceof Word word ? word.text() : value.toString();
    }
}
