package org.ternmq.spi;

/** A stored record that cannot be read: wrong length, checksum or version. The broker sets such a record aside. */
public final class CorruptRecordException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * With a reason.
     *
     * @param message what is wrong with the record
     */
    public CorruptRecordException(String message) {
        super(message);
    }
}
