package org.ternmq.spi;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** Challenge and response over AUTH packets (MQTT 5.0, 4.12): one {@link Exchange} per CONNECT or re-authentication. */
public interface EnhancedAuthenticator extends AutoCloseable {
    /**
     * The Authentication Method it serves, such as {@code SCRAM-SHA-256}; compared byte by byte. Two configured
     * authenticators with the same method stop the start.
     *
     * @return the method, always the same
     */
    String method();

    /**
     * Begins an exchange. Called on a worker; must be safe for concurrent use. An exception refuses the client.
     *
     * @param credentials what the CONNECT held beside the method; of the running connection for a re-authentication
     * @return the exchange, used by one thread at a time
     * @throws Exception refuses the client with 0x88 Server unavailable
     */
    Exchange begin(Credentials credentials) throws Exception;

    /**
     * Re-reads what the authenticator keeps in memory, after SIGHUP or a call of the API. Called on a worker, never
     * twice at once, beside exchanges that are under way. Parse everything first, then swap.
     *
     * @throws Exception if the new state cannot be used: the old one must stay in force; the message is logged
     */
    default void reload() throws Exception {}

    /** Releases what it holds. Called once, when the last exchange has ended. */
    @Override
    default void close() throws Exception {}

    /** One conversation with one client. */
    interface Exchange extends AutoCloseable {
        /**
         * Takes the client's Authentication Data. Called on a worker, one call at a time, under
         * {@code authentication.timeout}; an exception or a timeout refuses the client.
         *
         * @param data the Authentication Data, read-only; empty if the packet had none
         * @return how to go on
         * @throws Exception refuses the client
         */
        Step next(Optional<ByteBuffer> data) throws Exception;

        /**
         * The exchange is over, however it ended. Called once, on a worker; not called if {@link #next} threw or did not
         * come back in time.
         */
        @Override
        default void close() {}
    }

    /** What follows one {@link Exchange#next}. */
    sealed interface Step {
        /**
         * Sends AUTH 0x18 Continue authentication and waits for the client's answer.
         *
         * @param data the Authentication Data to send
         */
        record Challenge(ByteBuffer data) implements Step {}

        /**
         * The client is who it says.
         *
         * @param username the name it proved
         * @param attributes what access rules may want to know
         * @param data Authentication Data for the CONNACK or the closing AUTH
         * @param validUntil when what was proven runs out: the connection is closed then with 0xA0 Maximum connect time, unless
         *     a re-authentication has given it another time; empty if it does not run out
         */
        record Accepted(
                String username,
                Map<String, String> attributes,
                Optional<ByteBuffer> data,
                Optional<Instant> validUntil)
                implements Step {
            /**
             * Copies the attributes.
             *
             * @param username the name it proved
             * @param attributes what access rules may want to know
             * @param data Authentication Data for the CONNACK or the closing AUTH
             * @param validUntil when what was proven runs out
             */
            public Accepted {
                attributes = Map.copyOf(attributes);
            }

            /**
             * For as long as the client likes.
             *
             * @param username the name it proved
             * @param attributes what access rules may want to know
             * @param data Authentication Data for the CONNACK or the closing AUTH
             */
            public Accepted(String username, Map<String, String> attributes, Optional<ByteBuffer> data) {
                this(username, attributes, data, Optional.empty());
            }
        }

        /**
         * The client is refused with 0x87 Not authorized.
         *
         * @param detail for the log only
         * @param username the name that the client claimed in the exchange: who guesses at it too often is banned for a while,
         *     as with wrong passwords in a CONNECT; empty if it claimed none
         */
        record Rejected(String detail, Optional<String> username) implements Step {
            /**
             * A refusal of somebody who claimed no name in the exchange.
             *
             * @param detail for the log only
             */
            public Rejected(String detail) {
                this(detail, Optional.empty());
            }
        }
    }
}
