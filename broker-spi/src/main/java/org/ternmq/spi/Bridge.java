package org.ternmq.spi;

import java.util.concurrent.CompletionStage;

/** A client inside the broker that carries messages to or from somewhere else. */
public interface Bridge extends AutoCloseable {
    /**
     * Begins to work. Called once, on a worker, after recovery and before the listeners open. Must not wait for the other
     * side: that it is away is no error.
     *
     * @param link the way into the broker, valid until {@link #close} returns
     * @throws Exception the bridge is marked failed and reported; the broker starts without it
     */
    void start(BrokerLink link) throws Exception;

    /** Stops and lets go. What was not acknowledged is delivered again after the next start. Called once, on a worker. */
    @Override
    void close() throws Exception;

    /** The broker as a bridge sees it. Implemented by the broker; may gain methods. Callable from any thread. */
    interface BrokerLink {
        /**
         * Publishes a message under the bridge's name. Never blocks.
         *
         * @param message what to publish
         * @return completes when a PUBACK would be sent, that is when everything durable that it touches is safe; fails if
         *     the message was refused. Completed on one of the broker's threads: do not block in what depends on it
         */
        CompletionStage<Void> publish(Message message);

        /**
         * Subscribes, durably under the bridge's name: messages wait while the bridge is not there. Subscribing again with
         * the same filter resumes.
         *
         * @param filter a topic filter
         * @param max the highest QoS to receive
         * @param receiver gets the messages in order
         * @return to unsubscribe
         * @throws IllegalArgumentException if the filter is not valid
         */
        Subscription subscribe(String filter, QoS max, Receiver receiver);
    }

    /** Takes what a subscription brings. */
    @FunctionalInterface
    interface Receiver {
        /**
         * Takes a message. Called on a worker of the bridge, in order; further messages come before earlier ones are
         * acknowledged, up to the bridge's window.
         *
         * @param message the message
         * @return completes when the message may be forgotten, as a PUBACK; if it fails, the message is offered again
         *     later
         * @throws Exception as a failed completion
         */
        CompletionStage<Void> onMessage(Message message) throws Exception;
    }

    /** A durable subscription. */
    interface Subscription extends AutoCloseable {
        /** Ends the subscription and forgets what waits for it. To pause only, close the bridge instead. */
        @Override
        void close();
    }
}
