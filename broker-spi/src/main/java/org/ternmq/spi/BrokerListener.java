package org.ternmq.spi;

/** Is told of what has happened. It cannot change anything. */
public interface BrokerListener extends AutoCloseable {
    /**
     * Takes an event. Called on a thread of this listener's own, one event at a time, in order per client. Events wait in
     * a bounded queue (10,000 events, 16 MiB): a listener that is too slow loses events, which are counted, logged, and told as
     * {@link BrokerEvent.EventsLost}. An exception is counted and logged, and the next event follows.
     *
     * <p>When the broker stops, what waits is told first; a listener that is not done after 5 s is interrupted and the rest is
     * lost.
     *
     * @param event what happened
     * @throws Exception counted and logged
     */
    void onEvent(BrokerEvent event) throws Exception;

    /** Releases what it holds. Called once, after the last event. */
    @Override
    default void close() throws Exception {}
}
