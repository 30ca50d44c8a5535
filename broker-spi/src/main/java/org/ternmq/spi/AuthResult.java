package org.ternmq.spi;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** The verdict of an {@link Authenticator}. Immutable. */
public sealed interface AuthResult {
    /**
     * The client is who it says.
     *
     * @param attributes what access rules may want to know about it, such as groups
     * @param username the name that was proven; empty if it is that of the CONNECT
     * @param validUntil when what was proven runs out: the connection is closed then, with DISCONNECT 0xA0 Maximum connect
     *     time for MQTT 5.0; empty if it does not
     */
    record Accepted(Map<String, String> attributes, Optional<String> username, Optional<Instant> validUntil)
            implements AuthResult {
        /**
         * Copies the attributes.
         *
         * @param attributes what access rules may want to know about it
         * @param username the name that was proven
         * @param validUntil when what was proven runs out
         */
        public Accepted {
            attributes = Map.copyOf(attributes);
        }

        /**
         * Under the name of the CONNECT, and for as long as the client likes.
         *
         * @param attributes what access rules may want to know about it, such as groups
         */
        public Accepted(Map<String, String> attributes) {
            this(attributes, Optional.empty(), Optional.empty());
        }
    }

    /**
     * The client is refused (CONNACK 0x86 Bad User Name or Password; 4 for MQTT 3).
     *
     * @param detail for the log only, never for the client; must not hold the password
     */
    record Rejected(String detail) implements AuthResult {}

    /** Not this authenticator's client: the next one is asked. */
    record Abstained() implements AuthResult {}

    /**
     * Accepted without attributes.
     *
     * @return the verdict
     */
    static AuthResult accepted() {
        return new Accepted(Map.of());
    }

    /**
     * Rejected.
     *
     * @param detail for the log only
     * @return the verdict
     */
    static AuthResult rejected(String detail) {
        return new Rejected(detail);
    }

    /**
     * No opinion.
     *
     * @return the verdict
     */
    static AuthResult abstained() {
        return new Abstained();
    }
}
