package org.ternmq.broker.journal;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageException;

/**
 * Brings a store to the version of the records that this broker writes, one version after the other. A step may be killed at any
 * moment: the version is written when all of the step is in the store, so the step is done again at the next start.
 */
final class SchemaMigration {
    /** From one version to the next. */
    interface Step {
        /** The version it begins with; it ends with the next one. */
        long from();

        /** What it changes, for the log. */
        String what();

        /**
         * Changes the records, in groups of a bounded size. Finds any beginning of its own work in the store, and must do no
         * harm then: what is changed already stays as it is.
         */
        void apply(Storage storage);
    }

    private static final Logger LOG = LoggerFactory.getLogger(SchemaMigration.class);

    private final long current;
    private final List<Step> steps;

    /**
     * For these steps.
     *
     * @param current the version of the broker
     * @param steps one after the other, the last of which ends with {@code current}
     */
    SchemaMigration(long current, List<Step> steps) {
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i).from() != current - steps.size() + i) {
                throw new IllegalArgumentException("step " + i + " does not lead to version " + current);
            }
        }
        this.current = current;
        this.steps = List.copyOf(steps);
    }

    /**
     * Looks at the version and does the steps that are needed; marks an empty store with the version of the broker.
     *
     * @throws StorageException if the store is of a version that cannot be read here, or is no whole store
     */
    void run(Storage storage) {
        StoreMarks marks = new StoreMarks(storage);
        if (marks.isImporting()) {
            throw new StorageException("an import into the store has not ended, so that records are missing:"
                    + " repeat it with `ternmq import --replace`");
        }
        Long found = marks.schema();
        if (found == null) {
            if (!marks.isEmpty()) {
                throw new StorageException("the store has records, but nothing says of which schema version they are:"
                        + " restore it from a backup");
            }
            marks.schema(current);
            return;
        }
        if (found > current) {
            throw new StorageException(
                    "the store has schema version " + found + ", and this broker reads versions up to " + current
                            + ": start the version of the broker that wrote it, or a later one");
        }
        long oldest = current - steps.size();
        if (found < oldest) {
            throw new StorageException(
                    "the store has schema version " + found + ", and this broker reads versions from " + oldest
                            + " on: start a broker in between first, which changes the store to its own version");
        }
        for (Step step : steps.subList((int) (found - oldest), steps.size())) {
            long begun = System.nanoTime();
            LOG.info("Changing the store from schema version {} to {}: {}", step.from(), step.from() + 1, step.what());
            step.apply(storage);
            marks.schema(step.from() + 1);
            LOG.info(
                    "The store has schema version {} after {} ms",
                    step.from() + 1,
                    (System.nanoTime() - begun) / 1_000_000);
        }
    }
}
