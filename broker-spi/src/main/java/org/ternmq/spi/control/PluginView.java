package org.ternmq.spi.control;

import java.util.List;

/**
 * An installed plugin, or one that is part of the program.
 *
 * @param id its Plugin-Id
 * @param version its Plugin-Version
 * @param requires the range of SPI versions it fits
 * @param jar the file, empty if it is part of the program
 * @param offers what the configuration can ask for, such as {@code storage rocksdb}
 * @param problems why it cannot be used
 * @param instances what the configuration has made of it
 */
public record PluginView(
        String id,
        String version,
        String requires,
        String jar,
        List<String> offers,
        List<String> problems,
        List<Instance> instances) {
    /**
     * Copies the lists.
     *
     * @param id its Plugin-Id
     * @param version its Plugin-Version
     * @param requires the range of SPI versions it fits
     * @param jar the file, empty if it is part of the program
     * @param offers what the configuration can ask for, such as {@code storage rocksdb}
     * @param problems why it cannot be used
     * @param instances what the configuration has made of it
     */
    public PluginView {
        offers = List.copyOf(offers);
        problems = List.copyOf(problems);
        instances = List.copyOf(instances);
    }

    /**
     * A configured instance.
     *
     * @param name its name
     * @param kind where it stands, such as {@code authenticator}
     * @param type the word after {@code type:}
     * @param failedTasks tasks of its own that threw
     */
    public record Instance(String name, String kind, String type, long failedTasks) {}
}
