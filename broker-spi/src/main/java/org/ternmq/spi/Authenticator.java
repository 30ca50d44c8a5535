package org.ternmq.spi;

import java.util.function.Consumer;

/**
 * Decides who may come in.
 *
 * <p>The authenticators of the configuration are asked in order until one does not abstain; if all abstain, the client
 * is rejected.
 */
public interface Authenticator extends AutoCloseable {
    /**
     * Judges the credentials of one CONNECT.
     *
     * <p>Called on one of the broker's workers, never on an event loop, and by several of them at once: it may block, and
     * must be safe for concurrent use. The broker waits at most {@code authentication.timeout}, then interrupts the
     * thread. An exception, a timeout or a null is a rejection of this client (CONNACK 0x88 Server unavailable), is
     * counted and logged under this instance's name, and no further authenticator is asked.
     *
     * @param credentials what the client showed
     * @return the verdict
     * @throws Exception if it cannot decide: the client is refused
     */
    AuthResult authenticate(Credentials credentials) throws Exception;

    /**
     * The same judgement, told step by step: what {@code ternmq auth test} prints. An authenticator that asks others says whom it
     * asked and what they answered; one that has nothing to tell leaves this as it is. Called as {@link #authenticate(Credentials)}
     * is.
     *
     * @param credentials what the client showed
     * @param trace takes one line for each step; none may hold the password
     * @return the verdict that {@link #authenticate(Credentials)} gives
     * @throws Exception if it cannot decide
     */
    default AuthResult authenticate(Credentials credentials, Consumer<String> trace) throws Exception {
        return authenticate(credentials);
    }

    /**
     * Re-reads what the authenticator keeps in memory, after SIGHUP or a call of the API. Called on a worker, never
     * twice at once. Parse everything first, then swap.
     *
     * @throws Exception if the new state cannot be used: the old one must stay in force; the message is logged
     */
    default void reload() throws Exception {}

    /** Releases what it holds. Called once, when the last {@link #authenticate} has returned. */
    @Override
    default void close() throws Exception {}
}
