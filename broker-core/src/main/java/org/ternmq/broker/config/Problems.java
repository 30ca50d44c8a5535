package org.ternmq.broker.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.ConfigurationException;

/**
 * Collects what is wrong with the configuration and with the plugins, so that an operator sees all of it at once. Owned by
 * the thread that loads the configuration.
 */
public final class Problems {
    /** Exit code for a configuration that cannot be used. */
    public static final int EXIT_CONFIGURATION = 2;
    /** Exit code for plugins that cannot be used. */
    public static final int EXIT_PLUGIN = 3;

    private record Problem(@Nullable Origin origin, String text, int exitCode) {
        int line() {
            return origin == null ? Integer.MAX_VALUE : origin.line() == 0 ? Integer.MAX_VALUE - 1 : origin.line();
        }

        int column() {
            return origin == null ? 0 : origin.column();
        }
    }

    private final List<Problem> all = new ArrayList<>();

    /** A problem of the configuration at a place of it. */
    public void configuration(Place place, String message) {
        configuration(place.origin(), place.path(), message);
    }

    /** A problem of the configuration that has no place in a file. */
    public void configuration(String message) {
        add(null, message, EXIT_CONFIGURATION);
    }

    /** A problem of the configuration whose text already says where; as a {@link ConfigurationException} carries them. */
    public void configuration(ConfigurationException e) {
        e.problems().forEach(this::configuration);
    }

    void configuration(Origin origin, String path, String message) {
        add(origin, text(origin, path, message), EXIT_CONFIGURATION);
    }

    /** A problem of the plugins at the place of the configuration that asks for one. */
    public void plugin(Place place, String message) {
        add(place.origin(), text(place.origin(), place.path(), message), EXIT_PLUGIN);
    }

    /** A problem of the plugins, whatever the configuration says. */
    public void plugin(String message) {
        add(null, message, EXIT_PLUGIN);
    }

    private static String text(Origin origin, String path, String message) {
        String where = origin.toString();
        return (where.isEmpty() ? "" : where + ": ") + (path.isEmpty() ? "" : path + ": ") + message;
    }

    private void add(@Nullable Origin origin, String text, int exitCode) {
        Problem problem = new Problem(origin, text, exitCode);
        if (!all.contains(problem)) { // an anchor used twice is wrong once
            all.add(problem);
        }
    }

    /** Whether nothing is wrong. */
    public boolean isEmpty() {
        return all.isEmpty();
    }

    /** Every problem as {@code file:line:column: path: message}, in the order of the file; those without a line last. */
    public List<String> lines() {
        return all.stream()
                .sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column))
                .map(Problem::text)
                .toList();
    }

    /** 2 if the configuration has a problem, 3 if only plugins have, 0 if there is none. */
    public int exitCode() {
        return all.stream().mapToInt(Problem::exitCode).min().orElse(0);
    }

    /**
     * Ends the matter if there is a problem.
     *
     * @throws ConfigurationException with all of them
     */
    public void throwIfAny() {
        if (!isEmpty()) {
            throw new ConfigurationException(lines());
        }
    }
}
