package org.ternmq.broker.plugin;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What is known of one installed plugin.
 *
 * @param id its Plugin-Id; the name of the file if it has none
 * @param version its Plugin-Version; empty if it has none
 * @param requires its Plugin-Requires, a range of SPI versions; empty if it has none
 * @param jar the jar, folder or zip; empty for one that is part of the program
 * @param offers what it offers
 * @param problems why it cannot be used, in words; none if it can
 */
public record PluginDescription(
        String id, String version, String requires, Optional<Path> jar, List<Offer> offers, List<String> problems) {
    /** Copies the lists. */
    public PluginDescription {
        offers = List.copyOf(offers);
        problems = List.copyOf(problems);
    }

    /**
     * Something that the configuration can ask for.
     *
     * @param kind where it may stand
     * @param type the word after {@code type:}
     */
    public record Offer(PluginKind kind, String type) {
        /** Such as {@code storage rocksdb}. */
        @Override
        public String toString() {
            return kind + " " + type;
        }
    }
}
