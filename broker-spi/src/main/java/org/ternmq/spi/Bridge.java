package org.ternmq.spi;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A client inside the broker that carries messages to or from somewhere else.
 *
 * <p>What waits for a bridge waits in a durable session under its name, within the limits of queues, also while the bridge or
 * the broker is not there. A bridge that throws or does not return from a call is closed, counted, reported under its name,
 * and made anew after a pause that grows.
 */
public interface Bridge extends AutoCloseable {
    /**
     * Begins to work. Called once, on the bridge's worker, after recovery and before the listeners open. Must not wait for the
     * other side: that it is away is no error. Filters to which it has not subscribed when it returns, though it had in an
     * earlier run, are given up.
     *
     * @param link the way into the broker, valid until {@link #close} returns
     * @throws Exception the bridge is closed, reported, and made anew later; the broker starts without it
     */
    void start(BrokerLink link) throws Exception;

    /**
     * Stops and lets go, within two seconds. What was not acknowledged is delivered again after the next start. Called once,
     * on a worker.
     */
    @Override
    void close() throws Exception;

    /** Whether the other side is there. */
    enum State {
        /** It is, and what waits goes out. */
        CONNECTED,
        /** It is not, for which the detail has the reason. */
        DISCONNECTED
    }

    /**
     * A filter with the highest QoS to receive by it.
     *
     * @param filter a topic filter
     * @param qos messages published with a higher one come with this one
     */
    record Filter(String filter, QoS qos) {}

    /** The broker as a bridge sees it. Implemented by the broker; may gain methods. Callable from any thread, never blocks. */
    interface BrokerLink {
        /**
         * Publishes a message under the bridge's name.
         *
         * @param message what to publish
         * @return completes when a PUBACK would be sent, that is when everything durable that it touches is safe; fails with
         *     {@link RefusedException} if the message was refused, and with another exception if the bridge is closed before.
         *     Completed on one of the broker's threads: do not block in what depends on it
         */
        CompletionStage<Void> publish(Message message);

        /**
         * Publishes a QoS 2 message exactly once. A message of the same number is not published again before {@link #release},
         * and that is remembered as durably as the message. So a bridge may take a message again that it had taken before a
         * crash, as PUBLISH and PUBREC do.
         *
         * @param number 1 to 65535, such as the packet identifier under which the other side knows the message
         * @param message what to publish, QoS 2
         * @return completes when a PUBREC would be sent; as for {@link #publish}. A number that was refused is free again
         * @throws IllegalArgumentException if the number is out of range or the QoS another
         */
        CompletionStage<Void> publishOnce(int number, Message message);

        /**
         * Frees a number, as PUBREL does. Nothing happens if it is free.
         *
         * @param number 1 to 65535
         * @return completes when a PUBCOMP would be sent: only then may the other side use the number for another message
         */
        CompletionStage<Void> release(int number);

        /**
         * Frees all numbers, when the other side knows of none: it has begun a new session.
         *
         * @return completes when that is safe
         */
        CompletionStage<Void> releaseAll();

        /**
         * Subscribes, durably under the bridge's name: messages wait while the bridge is not there. Subscribing again with
         * the same filter resumes. What the bridge itself publishes never comes back to it; the RETAIN flag is as published.
         * A message that several subscriptions match goes to the one made first.
         *
         * @param filters at least one
         * @param receiver gets the messages in order
         * @return to unsubscribe
         * @throws IllegalArgumentException if a filter is not valid
         */
        Subscription subscribe(List<Filter> filters, Receiver receiver);

        /**
         * Tells whether the other side is there: shown as the retained {@code $SYS/broker/connection/NAME/state} (1 or 0), as an
         * event and in the log, when it changes.
         *
         * @param state what it is now
         * @param detail where to, or why not, in words for the operator
         */
        void state(State state, String detail);

        /**
         * Counts and reports a message that the bridge gives up, in either direction; acknowledge it after that as if it had
         * been carried.
         *
         * @param message what is not carried
         * @param reason in words for the operator
         */
        void dropped(Message message, String reason);

        /**
         * Names this broker, for marks against loops; the same for all bridges and after every restart.
         *
         * @return 1 to 64 letters, digits and hyphens
         */
        String brokerId();
    }

    /** The broker, or what it is configured to ask, did not take a message; offering it again would not help. */
    final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        /** As of PUBACK. */
        private final int reasonCode;

        /**
         * A refusal.
         *
         * @param reasonCode the MQTT 5.0 reason code for PUBACK
         * @param message in words
         */
        public RefusedException(int reasonCode, String message) {
            super(message, null, false, false);
            this.reasonCode = reasonCode;
        }

        /**
         * Why, as MQTT says it.
         *
         * @return the reason code for PUBACK, 0x80 or above
         */
        public int reasonCode() {
            return reasonCode;
        }
    }

    /** A message for the bridge. Implemented by the broker; may gain methods. Immutable. */
    interface Delivery {
        /**
         * The message.
         *
         * @return with the QoS to carry it with, and the seconds it has left to live when it was handed over
         */
        Message message();

        /**
         * Its number: no other unfinished message of this bridge has the same. At QoS 2 it survives a restart, so that it can
         * serve as the packet identifier of an exactly-once flow.
         *
         * @return 1 to 65535; 0 at QoS 0
         */
        int number();

        /**
         * Whether it may have been handed over before, perhaps before a restart.
         *
         * @return as the DUP flag
         */
        boolean isRepeated();
    }

    /** Takes what a subscription brings. */
    @FunctionalInterface
    interface Receiver {
        /**
         * Takes a message. Called on the bridge's worker, in order; further messages come before earlier ones are
         * acknowledged, up to the bridge's window. Must return within seconds: to wait is for the completion, which may
         * take as long as the other side is away.
         *
         * @param delivery the message
         * @return completes when the message may be forgotten, as a PUBACK; at QoS 2 as a PUBREC. If it fails, all that is not
         *     completed is handed over again, in order, after a pause that grows. At QoS 0 nobody waits for it
         * @throws Exception as a failed completion
         */
        CompletionStage<Void> onMessage(Delivery delivery) throws Exception;

        /**
         * The completion of a QoS 2 message is safe: it will not be handed over again, and its number may be released on the
         * other side, as by PUBREL. Called on the bridge's worker; again after a restart, until it completes, and then for
         * every receiver of the bridge.
         *
         * @param number the number of the delivery
         * @return completes when the number may be used for another message, as a PUBCOMP
         */
        default CompletionStage<Void> onRelease(int number) {
            return CompletableFuture.completedFuture(null);
        }
    }

    /** A durable subscription. */
    interface Subscription extends AutoCloseable {
        /** Ends the subscription and forgets what waits for it. To pause only, close the bridge instead. */
        @Override
        void close();
    }
}
