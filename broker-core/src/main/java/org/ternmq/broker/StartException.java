package org.ternmq.broker;

/** The broker cannot start. The message is for the operator and says it all; the cause is for a report of a bug. */
public final class StartException extends Exception {
    private static final long serialVersionUID = 1L;

    /** How the process ends. */
    public enum ExitCode {
        /** Configuration or usage. */
        CONFIGURATION(2),
        /** A plugin is missing or cannot be used. */
        PLUGIN(3),
        /** The store cannot be opened or failed. */
        STORAGE(4),
        /** A port cannot be opened. */
        LISTENER(5),
        /** Something that should not happen. */
        BUG(70);

        private final int status;

        ExitCode(int status) {
            this.status = status;
        }

        /** The status of the process. */
        public int status() {
            return status;
        }
    }

    private final ExitCode exitCode;

    /** With a message of one or more lines. */
    public StartException(ExitCode exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** With a message of one or more lines and what was thrown. */
    public StartException(ExitCode exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** How the process is to end. */
    public ExitCode exitCode() {
        return exitCode;
    }
}
