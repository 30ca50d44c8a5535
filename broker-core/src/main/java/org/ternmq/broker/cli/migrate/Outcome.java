package org.ternmq.broker.cli.migrate;

import java.util.Locale;

/** What became of a line. */
enum Outcome {
    /** It is in the new files, under the key that the report names. */
    TAKEN_OVER,
    /** Nothing has to be written for it. */
    NOT_NEEDED,
    /** There is nothing like it; the report says what to do. */
    NO_EQUIVALENT,
    /** It could be written, and would open what was closed, or it is no line that could be understood. */
    REFUSED;

    /** As it is written in the report. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
