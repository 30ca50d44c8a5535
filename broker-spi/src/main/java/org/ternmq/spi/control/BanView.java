package org.ternmq.spi.control;

/**
 * An address, or a user name, that is not let in for a while because of wrong passwords.
 *
 * @param kind which of the two
 * @param value the address (of IPv6 the first of its /64), or the user name
 * @param secondsLeft how long still
 * @param times how often it was banned so far
 */
public record BanView(Kind kind, String value, long secondsLeft, int times) {
    /** What is banned. */
    public enum Kind {
        /** An address. */
        ADDRESS,
        /** A user name. */
        USER
    }
}
