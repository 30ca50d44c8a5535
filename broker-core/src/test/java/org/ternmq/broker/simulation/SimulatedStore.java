package org.ternmq.broker.simulation;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.journal.BytesStorage;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.spi.Cursor;
import org.ternmq.spi.Keyspace;
import org.ternmq.spi.Storage;
import org.ternmq.spi.StorageException;
import org.ternmq.spi.WriteBatch;

/** What a crash leaves. A write takes time, in which the loops go on, and may be the last thing that happens. */
final class SimulatedStore implements Storage {
    /** What becomes of the next write. */
    enum Fate {
        WRITTEN,
        /** Killed before anything was written. */
        KILLED_BEFORE,
        /** Killed when all was written and nobody told yet. */
        KILLED_BEHIND,
        /** The disk says no, and nothing is written. */
        FAILED
    }

    private static final List<Keyspace<?, ?>> TRANSIENT =
            List.of(Keyspaces.MESSAGES, Keyspaces.QUEUE, Keyspaces.INBOUND, Keyspaces.DISCARDED);
    private static final List<Keyspace<?, ?>> OF_SESSIONS =
            List.of(Keyspaces.SESSIONS, Keyspaces.SUBSCRIPTIONS, Keyspaces.WILLS);

    private final BytesStorage bytes = new BytesStorage();
    private Fate fate = Fate.WRITTEN;
    private Runnable meanwhile = () -> {};

    /** What the loops do while a write is under way: called once before it takes effect and once behind. */
    void meanwhile(Runnable work) {
        meanwhile = work;
    }

    void next(Fate next) {
        fate = next;
    }

    @Override
    public void write(List<WriteBatch> group, Durability durability) {
        meanwhile.run();
        Fate now = fate;
        fate = Fate.WRITTEN;
        switch (now) {
            case WRITTEN -> bytes.write(group, durability);
            case KILLED_BEFORE -> throw new StorageException("killed before the write");
            case KILLED_BEHIND -> {
                bytes.write(group, durability);
                throw new StorageException("killed behind the write");
            }
            case FAILED -> throw new StorageException("no space left on device");
        }
        meanwhile.run();
    }

    @Override
    public <K, V> @Nullable V get(Keyspace<K, V> space, K key) {
        return bytes.get(space, key);
    }

    @Override
    public <K, V> Cursor<K, V> scan(Keyspace<K, V> space, K from, @Nullable K to) {
        return bytes.scan(space, from, to);
    }

    @Override
    public void close() {}

    /** What is there of messages on their way, in words; empty if all is done. */
    String messagesLeft() {
        return left(TRANSIENT.stream());
    }

    /** The same with sessions and what belongs to them. */
    String sessionsLeft() {
        return left(Stream.concat(TRANSIENT.stream(), OF_SESSIONS.stream()));
    }

    private String left(Stream<Keyspace<?, ?>> spaces) {
        StringBuilder words = new StringBuilder();
        spaces.filter(space -> !bytes.of(space).isEmpty())
                .forEach(space -> words.append(bytes.of(space).size())
                        .append(" records of ")
                        .append(space)
                        .append(' '));
        return words.toString();
    }
}
