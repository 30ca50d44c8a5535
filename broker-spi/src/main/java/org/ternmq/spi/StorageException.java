package org.ternmq.spi;

/** A storage that cannot do what it was asked. From {@link Storage#write} it is final: the broker stops. */
public final class StorageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * With a reason.
     *
     * @param message what failed, with the file where one is known
     */
    public StorageException(String message) {
        super(message);
    }

    /**
     * With a reason and a cause.
     *
     * @param message what failed, with the file where one is known
     * @param cause what the backend threw
     */
    public StorageException(String message, Throwable cause) {
        super(message, cause);
    }
}
