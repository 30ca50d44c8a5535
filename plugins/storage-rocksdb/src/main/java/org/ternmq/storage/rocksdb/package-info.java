/**
 * The storage {@code rocksdb}: an embedded RocksDB, one column family per keyspace.
 *
 * <pre>{@code
 * storage:
 *   type: rocksdb
 *   memory: 64MiB          # native memory: cache, and writes not yet in tables (half of it at most); from 8MiB up
 *   damaged-log: refuse    # refuse | cut: if the write-ahead log is damaged before its end, do not start, or drop the rest
 * }</pre>
 *
 * <p><b>Durability.</b> Every group is one record of the write-ahead log, handed to the operating system
 * ({@code PROCESS}) or flushed to the disk ({@code POWER}) before the write returns. A log that ends in the middle of a
 * record, as after {@code kill -9}, opens without that record. Damage before the end is something else: records that
 * were acknowledged may follow it. It is looked for before the store is opened, and refused unless {@code damaged-log}
 * says otherwise.
 *
 * <p><b>Space.</b> Deletions are records too, and what they delete stays until tables are merged. A table half of which
 * is deletions is merged at once, any other within a day or so; a log is no larger than {@code memory}. Closing the
 * store writes everything into tables, so that it opens fast.
 *
 * <p><b>Ranges.</b> Up to 32 keys are removed one by one, more by a range deletion: see
 * {@link org.ternmq.storage.rocksdb.RocksDbGroup}.
 */
@NullMarked
package org.ternmq.storage.rocksdb;

import org.jspecify.annotations.NullMarked;
