package org.ternmq.spi;

import java.util.List;

/**
 * A configuration that cannot be used. Carries every problem found, each already in the form
 * {@code file:line:column: path: message} where a place is known.
 *
 * <p>A plugin may throw it from its factory for problems that only it can see; the broker prints them all and ends with
 * exit code 2 before a listener opens.
 */
public final class ConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    /**
     * One problem.
     *
     * @param problem a sentence for the operator
     */
    public ConfigurationException(String problem) {
        this(List.of(problem));
    }

    /**
     * Several problems.
     *
     * @param problems at least one sentence for the operator
     */
    public ConfigurationException(List<String> problems) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
    }

    /**
     * Every problem, in the order of the file.
     *
     * @return at least one
     */
    public List<String> problems() {
        return problems == null ? List.of(String.valueOf(getMessage())) : problems;
    }
}
