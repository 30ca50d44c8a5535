package org.ternmq.spi;

/**
 * Decides what a client may do, once it is in.
 *
 * <p>The authorizers of the configuration are asked in order until one does not abstain; if all abstain,
 * {@code authorization.default} decides.
 */
public interface Authorizer extends AutoCloseable {
    /**
     * Fetches the rules of one client. Called on a worker at every CONNECT and after {@link RulesChanged}; may block, must
     * be safe for concurrent use, and is bounded by {@code authentication.timeout}. An exception, a timeout or a null
     * refuses the CONNECT (0x88); after a change it denies everything until the next change.
     *
     * @param client the authenticated client
     * @return its rules, kept for as long as the client is connected or until they change
     * @throws Exception if it cannot tell: the client is refused
     */
    AccessRules rulesFor(ClientInfo client) throws Exception;

    /**
     * Re-reads what the authorizer keeps in memory, after SIGHUP or a call of the API, and reports changes through
     * {@link RulesChanged}. Called on a worker, never twice at once.
     *
     * @throws Exception if the new rules cannot be used: the old ones must stay in force; the message is logged
     */
    default void reload() throws Exception {}

    /** Releases what it holds. Called once, when the last {@link #rulesFor} has returned and no client has rules of it. */
    @Override
    default void close() throws Exception {}
}
