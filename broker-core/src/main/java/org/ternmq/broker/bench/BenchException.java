package org.ternmq.broker.bench;

/** The measurement could not be made: no connection, refused, or closed on the way. */
public final class BenchException extends RuntimeException {
    BenchException(String message) {
        super(message);
    }

    BenchException(String message, Throwable cause) {
        super(message, cause);
    }
}
