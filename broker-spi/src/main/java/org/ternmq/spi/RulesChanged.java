package org.ternmq.spi;

/** Tells the broker that access rules changed. Implemented by the broker. May be called from any thread; never blocks. */
public interface RulesChanged {
    /** Every client's rules are fetched again and its subscriptions re-checked. */
    void forEveryone();

    /**
     * The rules of one client are fetched again.
     *
     * @param clientId the client; unknown ones are ignored
     */
    void forClient(String clientId);
}
