package org.ternmq.broker.cli.migrate;

import java.nio.file.Path;

/**
 * A line of a configuration that says something.
 *
 * @param file where it stands
 * @param line its number, from 1
 * @param key the first word
 * @param value what follows, without blanks around it; empty if there is nothing
 */
record Directive(Path file, int line, String key, String value) {
    /** For a report: what must stay secret is left out. */
    String shown() {
        boolean secret = key.endsWith("_password")
                || key.equals("bridge_psk")
                || key.startsWith("plugin_opt_")
                || key.startsWith("auth_opt_");
        return value.isEmpty() ? key : key + " " + (secret ? "…" : value);
    }
}
