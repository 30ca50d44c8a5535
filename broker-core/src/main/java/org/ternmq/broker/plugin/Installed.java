package org.ternmq.broker.plugin;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.ternmq.spi.PluginFactory;

/**
 * What the plugins folder had at one time. Immutable.
 *
 * @param plugins all, also those that cannot be used
 * @param descriptions of them, in the same order
 * @param offers the factories by kind and type
 */
record Installed(
        List<LoadedPlugin> plugins,
        List<PluginDescription> descriptions,
        Map<PluginKind, Map<String, PluginFactory>> offers) {

    /** Gives every type to the first that offers it; the second has a problem. */
    static Installed of(List<LoadedPlugin> plugins) {
        Map<PluginKind, Map<String, PluginFactory>> offers = new EnumMap<>(PluginKind.class);
        Stream.of(PluginKind.values()).forEach(kind -> offers.put(kind, new TreeMap<>()));
        Map<PluginFactory, LoadedPlugin> owners = new HashMap<>();
        List<PluginDescription> descriptions = new ArrayList<>();
        for (LoadedPlugin plugin : plugins) {
            List<String> wrong = new ArrayList<>(plugin.problems());
            List<PluginDescription.Offer> offered = new ArrayList<>();
            for (LoadedPlugin.Typed each : plugin.factories()) {
                String type = each.type();
                for (PluginKind kind : PluginKind.of(each.factory().getClass())) {
                    PluginFactory first = offersOf(offers, kind).putIfAbsent(type, each.factory());
                    if (first == null) {
                        owners.put(each.factory(), plugin);
                        offered.add(new PluginDescription.Offer(kind, type));
                    } else {
                        LoadedPlugin owner = owners.getOrDefault(first, plugin);
                        wrong.add("offers " + kind + " type '" + type + "' ("
                                + each.factory().getClass().getName() + "), which " + owner.file()
                                + " offers too: remove one of the two");
                    }
                }
            }
            descriptions.add(new PluginDescription(
                    plugin.id(), plugin.version(), plugin.requires(), plugin.path(), offered, wrong));
        }
        return new Installed(List.copyOf(plugins), List.copyOf(descriptions), offers);
    }

    private static Map<String, PluginFactory> offersOf(
            Map<PluginKind, Map<String, PluginFactory>> offers, PluginKind kind) {
        Map<String, PluginFactory> ofKind = offers.get(kind);
        if (ofKind == null) {
            throw new IllegalStateException("no offers of kind " + kind);
        }
        return ofKind;
    }

    Map<String, PluginFactory> offersOf(PluginKind kind) {
        return offersOf(offers, kind);
    }

    /** Everything that is wrong, each line with the file it is wrong with. */
    List<String> problems() {
        List<String> all = new ArrayList<>();
        for (PluginDescription each : descriptions) {
            String where = each.jar().map(Object::toString).orElse(each.id());
            each.problems().forEach(problem -> all.add(where + ": " + problem));
        }
        return all;
    }
}
