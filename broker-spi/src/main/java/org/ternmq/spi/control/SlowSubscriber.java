package org.ternmq.spi.control;

/**
 * A session for which messages wait.
 *
 * @param clientId the client id
 * @param connected whether it has a connection
 * @param queuedMessages messages that wait
 * @param queuedBytes bytes of these
 * @param inFlight messages that are sent and not acknowledged
 * @param waitingSeconds how long the oldest of them has waited, since the broker's start at most
 */
public record SlowSubscriber(
        String clientId, boolean connected, int queuedMessages, long queuedBytes, int inFlight, double waitingSeconds) {
    /** What sessions are ordered by, the largest first. */
    public enum Order {
        /** Messages that wait. */
        QUEUE,
        /** How long the oldest has waited. */
        WAIT
    }
}
