package org.ternmq.spi;

/** Looks at each PUBLISH of a client after it was authorised and before it is routed. */
public interface PublishInterceptor extends AutoCloseable {
    /**
     * Judges one message. Called on the event loops, by several at once: it must not block and should take a microsecond
     * or less. Interceptors are asked in the order of the configuration; each sees what the one before made. An exception
     * drops the message (PUBACK or PUBREC 0x80 Unspecified error), is counted and logged.
     *
     * @param client who publishes
     * @param message what
     * @return what to do with it
     */
    Verdict onPublish(ClientInfo client, Message message);

    /** Releases what it holds. Called once, after the last call has returned. */
    @Override
    default void close() throws Exception {}

    /** What to do with a message. */
    sealed interface Verdict {
        /** As it is. */
        record Pass() implements Verdict {
            private static final Pass INSTANCE = new Pass();
        }

        /**
         * This one instead. Its QoS must not differ, since the acknowledgement follows the client's; its topic is not
         * authorised again.
         *
         * @param message what goes on
         */
        record Replace(Message message) implements Verdict {}

        /**
         * Not at all: counted, and acknowledged with this code where there is an acknowledgement.
         *
         * @param reasonCode an MQTT 5.0 PUBACK reason code: 0x00, 0x10, or 0x80 and above
         */
        record Drop(int reasonCode) implements Verdict {}

        /**
         * As it is.
         *
         * @return the verdict
         */
        static Verdict pass() {
            return Pass.INSTANCE;
        }
    }
}
