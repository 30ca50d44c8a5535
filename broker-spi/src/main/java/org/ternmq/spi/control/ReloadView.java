package org.ternmq.spi.control;

import java.util.List;

/**
 * What a reload of one instance of a plugin has come to.
 *
 * @param name the instance
 * @param outcome whether a new instance is in force
 * @param words what was done; or why the old one stays in force; or the names that there are
 * @param needRestart keys of the configuration that have changed too and take effect at the next start
 */
public record ReloadView(String name, Outcome outcome, List<String> words, List<String> needRestart) {
    /**
     * Copies the lists.
     *
     * @param name the instance
     * @param outcome whether a new instance is in force
     * @param words what was done; or why the old one stays in force; or the names that there are
     * @param needRestart keys of the configuration that have changed too and take effect at the next start
     */
    public ReloadView {
        words = List.copyOf(words);
        needRestart = List.copyOf(needRestart);
    }

    /** How it ended. */
    public enum Outcome {
        /** A new instance is in force. */
        DONE,
        /** The old instance stays in force. */
        REFUSED,
        /** There is no such instance. */
        UNKNOWN
    }
}
