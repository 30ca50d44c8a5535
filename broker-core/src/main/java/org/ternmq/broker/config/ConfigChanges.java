package org.ternmq.broker.config;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** In what two configurations differ, wherever in their files it is written. */
public final class ConfigChanges {
    private final List<String> paths = new ArrayList<>();

    private ConfigChanges() {}

    /** The paths of what was added, removed or has another value, in the order of the files. */
    public static List<String> between(Place before, Place after) {
        ConfigChanges changes = new ConfigChanges();
        changes.compare(before.node(), after.node(), after.path());
        return List.copyOf(changes.paths);
    }

    private void compare(ConfigNode before, ConfigNode after, String path) {
        boolean blocks = before instanceof ConfigNode.Mapping || after instanceof ConfigNode.Mapping;
        if (blocks && isBlock(before) && isBlock(after)) {
            Map<String, ConfigNode.Entry> from = entries(before);
            Map<String, ConfigNode.Entry> to = entries(after);
            Set<String> keys = new LinkedHashSet<>(to.keySet());
            keys.addAll(from.keySet());
            for (String key : keys) {
                compare(value(from, key), value(to, key), Place.child(path, key));
            }
        } else if (before instanceof ConfigNode.Sequence b && after instanceof ConfigNode.Sequence a) {
            int both = Math.min(a.items().size(), b.items().size());
            for (int i = 0; i < both; i++) {
                compare(b.items().get(i), a.items().get(i), path + "[" + i + "]");
            }
            for (int i = both; i < Math.max(a.items().size(), b.items().size()); i++) {
                paths.add(path + "[" + i + "]");
            }
        } else if (!isSame(before, after)) {
            paths.add(path);
        }
    }

    /** A block without keys is as good as none. */
    private static boolean isBlock(ConfigNode node) {
        return node instanceof ConfigNode.Mapping || node instanceof ConfigNode.Empty;
    }

    private static Map<String, ConfigNode.Entry> entries(ConfigNode node) {
        return node instanceof ConfigNode.Mapping m ? m.entries() : Map.of();
    }

    private static ConfigNode value(Map<String, ConfigNode.Entry> entries, String key) {
        ConfigNode.Entry entry = entries.get(key);
        return entry == null ? Place.nowhere().node() : entry.value();
    }

    private static boolean isSame(ConfigNode before, ConfigNode after) {
        return before instanceof ConfigNode.Scalar b && after instanceof ConfigNode.Scalar a
                ? a.text().equals(b.text())
                : before instanceof ConfigNode.Empty && after instanceof ConfigNode.Empty;
    }
}
