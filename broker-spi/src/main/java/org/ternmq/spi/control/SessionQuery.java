package org.ternmq.spi.control;

import java.util.Optional;

/**
 * Which sessions. What is empty does not matter.
 *
 * @param connected with a connection, or without one
 * @param clientId a part of the client id
 * @param username the whole user name
 * @param listener the name of the listener of the connection
 * @param address the start of the address of the connection
 */
public record SessionQuery(
        Optional<Boolean> connected,
        Optional<String> clientId,
        Optional<String> username,
        Optional<String> listener,
        Optional<String> address) {
    /**
     * All sessions.
     *
     * @return a query without conditions
     */
    public static SessionQuery all() {
        return new SessionQuery(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }
}
