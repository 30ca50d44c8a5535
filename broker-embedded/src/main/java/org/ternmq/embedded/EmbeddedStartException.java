package org.ternmq.embedded;

import java.util.List;

/** An embedded broker cannot start. The message holds every problem, one a line, as {@code ternmq start} would print it. */
public final class EmbeddedStartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final List<String> problems;

    EmbeddedStartException(List<String> problems) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
    }

    EmbeddedStartException(Exception cause) {
        super(cause.getMessage(), cause);
        this.problems = List.of(String.valueOf(cause.getMessage()));
    }

    /** Each problem in words. */
    public List<String> problems() {
        return problems;
    }
}
