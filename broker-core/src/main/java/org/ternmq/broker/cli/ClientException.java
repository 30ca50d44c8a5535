package org.ternmq.broker.cli;

/** Something outside went wrong: no connection, a file that cannot be read. The message says what. */
final class ClientException extends Exception {
    private static final long serialVersionUID = 1L;

    ClientException(String message, Throwable cause) {
        super(message, cause);
    }

    /** With the message of the innermost cause, which is what says something. */
    static ClientException because(String what, Throwable problem) {
        Throwable cause = problem;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return new ClientException(what + ": " + (message == null ? cause.toString() : message), problem);
    }
}
