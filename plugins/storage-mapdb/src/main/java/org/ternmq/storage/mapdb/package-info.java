/**
 * The storage {@code mapdb}: trees of MapDB in files that are never changed, and a log of what is newer. All of it is Java, for
 * machines where native code does not load.
 *
 * <pre>{@code
 * storage:
 *   type: mapdb
 *   memory: 64MiB          # heap for changes that are in no table yet; the log of them is no larger; from 1MiB up
 *   damaged-log: refuse    # refuse | cut: if the log is damaged before its end, do not start, or drop the rest
 * }</pre>
 *
 * <p><b>Durability.</b> Every group is one frame of the log, handed to the operating system ({@code PROCESS}) or flushed to the disk
 * ({@code POWER}) before the write returns. A log that ends in the middle of a frame, as after {@code kill -9}, opens without
 * that frame. Damage before the end is something else: groups that were acknowledged may follow it. It is refused unless {@code
 * damaged-log} says otherwise.
 *
 * <p><b>Tables.</b> MapDB writes a file once, in the order of the keys, and only reads it afterwards: it never has a file open that
 * a kill could leave half changed. A file counts once it is on the disk, was read back in full and is named by a
 * {@code generation.N}; what it replaces goes after that. See {@link org.ternmq.storage.mapdb.Checkpoints}.
 *
 * <p><b>Space.</b> What is overwritten or removed stays in its table until this is merged with newer ones: when the newer ones are about
 * half as large, or when removals have reached a fourth of its keys. Removals of half of what is stored begin that at once.
 */
@NullMarked
package org.ternmq.storage.mapdb;

import org.jspecify.annotations.NullMarked;
