package org.ternmq.broker.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value of the configuration with the place where it was written. Immutable; YAML's own types end here. */
sealed interface ConfigNode {
    /** Where it begins. */
    Origin origin();

    /** What it is, for messages: {@code 'abc'}, {@code a list}, {@code a block}. */
    String describe();

    /**
     * Text, a number, true or false: what it is, the one who binds it decides.
     *
     * @param text after the replacement of variables
     * @param written as in the file: what messages show, since a variable's value may be a secret
     */
    record Scalar(Origin origin, String text, String written) implements ConfigNode {
        @Override
        public String describe() {
            return text.equals(written) ? "'" + text + "'" : "the value of '" + written + "'";
        }
    }

    /** A key with nothing behind it, {@code null} or {@code ~}. */
    record Empty(Origin origin) implements ConfigNode {
        @Override
        public String describe() {
            return "nothing";
        }
    }

    /** Something that is already reported as a problem: nothing more is said of it. */
    record Unusable(Origin origin) implements ConfigNode {
        @Override
        public String describe() {
            return "something that cannot be used";
        }
    }

    /** A list. */
    record Sequence(Origin origin, List<ConfigNode> items) implements ConfigNode {
        public Sequence {
            items = List.copyOf(items);
        }

        @Override
        public String describe() {
            return "a list";
        }

        /** A copy with one element replaced, or added behind the last. */
        Sequence with(int index, ConfigNode value) {
            List<ConfigNode> copy = new ArrayList<>(items);
            if (index == copy.size()) {
                copy.add(value);
            } else {
                copy.set(index, value);
            }
            return new Sequence(origin, copy);
        }
    }

    /** A block of keys, in the order of the file. */
    record Mapping(Origin origin, Map<String, Entry> entries) implements ConfigNode {
        @Override
        public String describe() {
            return "a block";
        }

        /** A copy with one key set. */
        Mapping with(String key, Entry entry) {
            Map<String, Entry> copy = new LinkedHashMap<>(entries);
            copy.put(key, entry);
            return new Mapping(origin, copy);
        }
    }

    /**
     * A key and its value.
     *
     * @param keyOrigin where the key is written
     */
    record Entry(Origin keyOrigin, ConfigNode value) {}
}
