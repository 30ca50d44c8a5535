package org.ternmq.testkit;

/**
 * What every storage must do. A plugin's test extends this class and names its factory:
 *
 * <pre>{@code
 * final class MyStorageTest extends StorageConformance {
 *     protected StorageFactory factory() {
 *         return new MyStorageFactory();
 *     }
 * }
 * }</pre>
 *
 * <p>The class needs a constructor without parameters, as a second process makes an object of it too: the one that is killed.
 * It is killed five times, or as often as the system property {@code ternmq.kills} says. One key is overwritten 100 000 times,
 * or as often as {@code ternmq.overwrites} says. Random choices start from the number that a failure shows, which the system
 * property {@code ternmq.seed} repeats.
 *
 * <p>A test that cannot hold for a plugin is overridden by name in the plugin's test, with the reason beside it; storages that
 * forget or that store no bytes say so by {@link #keepsAfterClose} and {@link #storesBytes}. Tests of a small disk need root on
 * Linux and are skipped elsewhere, with a word; tests of copies are for those that are a {@link
 * org.ternmq.spi.BackupStorage}.
 *
 * <p>Its parts, each in a class of its own: records, groups, restarts, files, backups.
 */
public abstract class StorageConformance extends StorageBackupConformance {
    /** For subclasses. */
    protected StorageConformance() {}
}
