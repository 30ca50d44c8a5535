package org.ternmq.storage.mapdb;

/** A key in memory or in a table, with its value or the mark that it was removed. */
interface Entry {
    /** The key. Not to be changed. */
    byte[] key();

    /** Whether it hides the key in older tables, and has no value. */
    boolean removed();

    /** The value, maybe read from the disk now. Not to be changed. */
    byte[] value();
}
