package org.ternmq.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.ternmq.broker.config.Problems;
import org.ternmq.spi.PluginFactory;
import org.ternmq.storage.memory.MemoryStorageFactory;

/** Finds the plugins on a class path by the file that also a broker's plugins folder is searched by. */
final class ClassPathPlugins {
    private static final String INDEX = "META-INF/extensions.idx";

    private ClassPathPlugins() {}

    /**
     * The storage in memory, what was given, and what the class path has of classes that were not given.
     *
     * @param given factories that the program has made itself
     * @param problems takes what is there and cannot be used
     */
    static List<PluginFactory> with(List<PluginFactory> given, ClassLoader loader, Problems problems) {
        List<PluginFactory> all = new ArrayList<>(given);
        if (given.stream().noneMatch(MemoryStorageFactory.class::isInstance)) {
            all.add(new MemoryStorageFactory());
        }
        Set<String> known =
                all.stream().map(factory -> factory.getClass().getName()).collect(Collectors.toSet());
        try {
            for (URL index : Collections.list(loader.getResources(INDEX))) {
                for (String name : names(index)) {
                    if (known.add(name)) {
                        make(name, index, loader, all, problems);
                    }
                }
            }
        } catch (IOException e) {
            problems.plugin("the plugins on the class path cannot be found: " + e);
        }
        return all;
    }

    private static List<String> names(URL index) throws IOException {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(index.openStream(), StandardCharsets.UTF_8))) {
            return reader.lines()
                    .map(line -> line.replaceFirst("#.*", "").strip())
                    .filter(line -> !line.isEmpty())
                    .toList();
        }
    }

    /** An index may also name what is meant for other programs that use PF4J. */
    private static void make(String name, URL index, ClassLoader loader, List<PluginFactory> into, Problems problems) {
        try {
            Class<?> type = Class.forName(name, true, loader);
            if (PluginFactory.class.isAssignableFrom(type)) {
                into.add(type.asSubclass(PluginFactory.class).getConstructor().newInstance());
            }
        } catch (InvocationTargetException e) {
            problems.plugin(index + ": " + name + " cannot be made: " + e.getCause());
        } catch (ReflectiveOperationException | LinkageError e) {
            problems.plugin(index + ": " + name + " cannot be made: " + e);
        }
    }
}
