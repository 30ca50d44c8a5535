package org.ternmq.broker;

import java.util.List;

/** What a reload of one instance of a plugin has come to. */
public sealed interface ReloadResult {
    /** The instance's name. */
    String name();

    /**
     * A new instance is in force.
     *
     * @param name the instance
     * @param changes what was done, in words; also what of the old one did not end
     * @param needRestart keys of the configuration that have changed too and take effect at the next start
     */
    record Done(String name, List<String> changes, List<String> needRestart) implements ReloadResult {
        /** Copies the lists. */
        public Done {
            changes = List.copyOf(changes);
            needRestart = List.copyOf(needRestart);
        }
    }

    /**
     * Nothing has changed: the old instance is in force.
     *
     * @param name the instance
     * @param reasons why, in words
     */
    record Refused(String name, List<String> reasons) implements ReloadResult {
        /** Copies the list. */
        public Refused {
            reasons = List.copyOf(reasons);
        }
    }

    /**
     * There is no such instance.
     *
     * @param name what was asked for
     * @param known the names that there are
     */
    record Unknown(String name, List<String> known) implements ReloadResult {
        /** Copies the list. */
        public Unknown {
            known = List.copyOf(known);
        }
    }
}
