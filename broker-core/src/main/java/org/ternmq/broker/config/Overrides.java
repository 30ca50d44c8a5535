package org.ternmq.broker.config;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts {@code path.to.key[0].key=value} of the command line over a configuration. A block that is not there is made; an
 * element of a list is changed or added behind the last.
 */
record Overrides(Variables variables, Problems problems) {
    private static final Pattern STEP = Pattern.compile("([A-Za-z0-9_-]+)((?:\\[\\d{1,4}])*)");
    private static final Pattern INDEX = Pattern.compile("\\[(\\d+)]");

    /** The configuration with one value set; as it was, and a problem, if that cannot be. */
    ConfigNode.Mapping apply(ConfigNode.Mapping root, String set) {
        int equals = set.indexOf('=');
        List<Object> steps = equals < 0 ? List.of() : steps(set.substring(0, equals));
        if (steps.isEmpty()) {
            problems.configuration(
                    "--set " + set + ": expected path.to.key=value, such as listeners[0].bind=127.0.0.1:1883");
            return root;
        }
        String path = set.substring(0, equals);
        Origin at = Origin.of("--set " + path);
        ConfigNode value = value(set.substring(equals + 1), path, at);
        try {
            return (ConfigNode.Mapping) put(root, steps, 0, value, at);
        } catch (IllegalArgumentException e) {
            problems.configuration("--set " + path + ": " + e.getMessage());
            return root;
        }
    }

    private static List<Object> steps(String path) {
        List<Object> steps = new ArrayList<>();
        for (String part : path.split("\\.", -1)) {
            Matcher m = STEP.matcher(part);
            if (!m.matches()) {
                return List.of();
            }
            steps.add(m.group(1));
            Matcher index = INDEX.matcher(m.group(2));
            while (index.find()) {
                steps.add(Integer.valueOf(index.group(1)));
            }
        }
        return steps;
    }

    /** Lists, blocks and quoted text are YAML; all else is taken letter by letter, so that {@code [::1]:1883} and # pass. */
    private ConfigNode value(String text, String path, Origin at) {
        if (!text.isEmpty() && "[{\"'".indexOf(text.charAt(0)) >= 0) {
            Problems own = new Problems();
            ConfigNode read = new YamlReader(at.source(), false, variables, own).read(new StringReader(text), path);
            if (own.isEmpty() && read != null) {
                return read;
            }
            if (text.charAt(0) != '[' || !text.matches("\\[[0-9A-Fa-f:.]+]:\\d+")) {
                own.lines().forEach(problems::configuration);
                return new ConfigNode.Unusable(at);
            }
        }
        if (text.equals("null") || text.equals("~")) {
            return new ConfigNode.Empty(at);
        }
        return variables.replace(at, "", text, problems);
    }

    private static ConfigNode put(ConfigNode into, List<Object> steps, int depth, ConfigNode value, Origin at) {
        if (depth == steps.size()) {
            return value;
        }
        if (steps.get(depth) instanceof String key) {
            ConfigNode.Mapping block = block(into, at, key);
            ConfigNode.Entry old = block.entries().get(key);
            ConfigNode inner = old == null ? new ConfigNode.Empty(at) : old.value();
            Origin keyAt = old == null ? at : old.keyOrigin();
            return block.with(key, new ConfigNode.Entry(keyAt, put(inner, steps, depth + 1, value, at)));
        }
        int index = (Integer) steps.get(depth);
        ConfigNode.Sequence list = list(into, at, index);
        ConfigNode inner = index < list.items().size() ? list.items().get(index) : new ConfigNode.Empty(at);
        return list.with(index, put(inner, steps, depth + 1, value, at));
    }

    private static ConfigNode.Mapping block(ConfigNode node, Origin at, String key) {
        if (node instanceof ConfigNode.Mapping m) {
            return m;
        }
        if (node instanceof ConfigNode.Empty) {
            Map<String, ConfigNode.Entry> none = new LinkedHashMap<>();
            return new ConfigNode.Mapping(at, none);
        }
        throw new IllegalArgumentException("'" + key + "' cannot be set in " + node.describe());
    }

    private static ConfigNode.Sequence list(ConfigNode node, Origin at, int index) {
        ConfigNode.Sequence list;
        if (node instanceof ConfigNode.Sequence s) {
            list = s;
        } else if (node instanceof ConfigNode.Empty) {
            list = new ConfigNode.Sequence(at, List.of());
        } else {
            throw new IllegalArgumentException("[" + index + "] is not there: found " + node.describe());
        }
        if (index > list.items().size()) {
            throw new IllegalArgumentException("[" + index + "] would leave a gap: the list has "
                    + list.items().size());
        }
        return list;
    }
}
