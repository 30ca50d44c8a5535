package org.ternmq.broker.config;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.ConfigurationException;

/** A block with a {@code type:}: what its plugin will bind to a record of its own. Immutable. */
public final class PluginBlock {
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,99}";

    private final Place place;
    private final Path base;
    private final String type;
    private final Optional<String> writtenName;
    private final String name;
    private final String folder;
    private final Set<String> claimed;

    private PluginBlock(
            Place place,
            Path base,
            String type,
            Optional<String> writtenName,
            String name,
            String folder,
            Set<String> claimed) {
        this.place = place;
        this.base = base;
        this.type = type;
        this.writtenName = writtenName;
        this.name = name;
        this.folder = folder;
        this.claimed = claimed;
    }

    /** A block of a list: {@code type} is required, {@code name} may be there, all else is the plugin's. */
    static @Nullable PluginBlock of(Place place, Path base, Problems problems) {
        if (!(place.node() instanceof ConfigNode.Mapping)) {
            problems.configuration(
                    place, "expected a block with a type, found " + place.node().describe());
            return null;
        }
        Optional<String> type = text(place, "type", problems);
        Optional<String> name = text(place, "name", problems);
        if (!place.has("type")) {
            problems.configuration(place.origin(), place.at("type").path(), "missing");
        }
        if (name.isPresent() && !name.get().matches(NAME)) {
            problems.configuration(
                    place.at("name"), "a name has letters, digits, '.', '_' and '-' and begins with a letter or digit");
            name = Optional.empty();
        }
        if (type.isEmpty()) {
            return null;
        }
        String word = name.orElse(type.get());
        return new PluginBlock(place, base, type.get(), name, word, word, Set.of("type", "name"));
    }

    /** What a block that the core reads itself leaves over. */
    static PluginBlock rest(Place place, Path base, String defaultType, Set<String> claimed, Problems problems) {
        Set<String> all = new LinkedHashSet<>(claimed);
        all.add("type");
        String type = text(place, "type", problems).orElse(defaultType);
        return new PluginBlock(place, base, type, Optional.empty(), type, type, all);
    }

    static Optional<String> text(Place place, String key, Problems problems) {
        if (!place.has(key)) {
            return Optional.empty();
        }
        Place at = place.at(key);
        if (at.node() instanceof ConfigNode.Scalar s && !s.text().isBlank()) {
            return Optional.of(s.text());
        }
        if (at.node() instanceof ConfigNode.Unusable) {
            return Optional.empty();
        }
        problems.configuration(at, "expected a word, found " + at.node().describe());
        return Optional.empty();
    }

    /** The same block under the name that makes it unique. */
    PluginBlock named(String uniqueName, String folderName) {
        return new PluginBlock(place, base, type, writtenName, uniqueName, folderName, claimed);
    }

    /** The same block with one more key that the core reads itself. */
    PluginBlock claiming(String key) {
        Set<String> all = new LinkedHashSet<>(claimed);
        all.add(key);
        return new PluginBlock(place, base, type, writtenName, name, folder, all);
    }

    /** The text of a key that the core reads itself; empty if it is missing or is no text, which was reported then. */
    public Optional<String> text(String key) {
        return text(place, key, new Problems());
    }

    /** The word after {@code type:}. */
    public String type() {
        return type;
    }

    /** The name, if one is written. */
    public Optional<String> writtenName() {
        return writtenName;
    }

    /** Unique in the broker: what is written, or made of section, type and place among those of the same type. */
    public String name() {
        return name;
    }

    /** Unique in the broker and fit for a folder below the data folder. */
    public String folder() {
        return folder;
    }

    /** Where the block is. */
    public Place place() {
        return place;
    }

    /** Where the type is written; the block's place if it is not. */
    public Place typePlace() {
        return place.at("type");
    }

    /** An absolute path: relative ones are relative to the configuration file. */
    public Path resolve(String path) {
        return base.resolve(path).normalize();
    }

    /**
     * Binds all keys but those the core reads itself.
     *
     * @param record what the plugin wants to know
     * @throws ConfigurationException with every problem of the block
     * @throws IllegalArgumentException if the record is not one that can be bound
     */
    public <R extends Record> R bind(Class<R> record) {
        Problems problems = new Problems();
        R bound = new RecordBinder(base, problems).bind(place, record, claimed);
        problems.throwIfAny();
        if (bound == null) {
            throw new ConfigurationException(place + ": cannot be used, as was said when the configuration was read");
        }
        return bound;
    }

    @Override
    public String toString() {
        return name + " (" + type + ") at " + place;
    }
}
