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
        if (before instanceof ConfigNode.Mapping b && after instanceof ConfigNode.Mapping a) {
            Set<String> keys = new LinkedHashSet<>(a.entries().keySet());
            keys.addAll(b.entries().keySet());
            for (String key : keys) {
                compare(value(b.entries(), key), value(a.entries(), key), Place.child(path, key));
            }
        } else if (before instanceof ConfigNode.Sequence b && after instanceof ConfigNode.Sequence a) {
            for (int i = 0; i < Math.max(a.items().size(), b.items().size()); i++) {
                compare(item(b, i), item(a, i), path + "[" + i + "]");
            }
        } else if (!isSame(before, after)) {
            paths.add(path);
        }
    }

    private static ConfigNode value(Map<String, ConfigNode.Entry> entries, String key) {
        ConfigNode.Entry entry = entries.get(key);
        return entry == null ? Place.nowhere().node() : entry.value();
    }

    private static ConfigNode item(ConfigNode.Sequence list, int index) {
        return index < list.items().size()
                ? list.items().get(index)
                : Place.nowhere().node();
    }

    private static boolean isSame(ConfigNode before, ConfigNode after) {
        return before instanceof ConfigNode.Scalar b && after instanceof ConfigNode.Scalar a
                ? a.text().equals(b.text())
                : before instanceof ConfigNode.Empty && after instanceof ConfigNode.Empty;
    }
}
