package org.ternmq.auth.ldap;

import com.unboundid.ldap.sdk.DN;
import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPConnectionPool;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.ResultCode;
import com.unboundid.ldap.sdk.SimpleBindRequest;
import org.jspecify.annotations.Nullable;

/**
 * One server of the directory: connections on which users bind, connections of who searches, and whether it answered of late.
 *
 * <p>A server that failed is not asked by everybody: one client at a time finds out whether it is back. So one that hangs costs
 * one thread and no more.
 *
 * <p>Safe for use by all threads.
 */
final class Server implements AutoCloseable {
    private static final long HOLD_OFF_NANOS = 5_000_000_000L;

    /** The server failed, and another one may be asked. Has no stack, as the fault is elsewhere. */
    static final class Unavailable extends Exception {
        private static final long serialVersionUID = 1L;

        Unavailable(String message) {
            super(message, null, false, false);
        }
    }

    /** What to say on a connection. */
    interface Talk<T> {
        T on(LDAPConnection connection) throws LDAPException, Unavailable, DirectoryException;
    }

    private final Address address;
    private final LDAPConnectionPool users;
    private final @Nullable LDAPConnectionPool searchers;

    private boolean failed;
    private boolean tried;
    private long failedAt;
    private String failure = "";

    /**
     * A server; takes over the pools.
     *
     * @param users connections on which nobody is bound
     * @param searchers connections of who searches; null if nobody does
     */
    Server(Address address, LDAPConnectionPool users, @Nullable LDAPConnectionPool searchers) {
        this.address = address;
        this.users = users;
        this.searchers = searchers;
    }

    /**
     * Whether the caller may ask it; if so, {@link #answered} or {@link #failed} must follow.
     *
     * @param insist even if it failed a moment ago, but not if somebody is just trying
     */
    synchronized boolean mayBeAsked(boolean insist) {
        if (!failed) {
            return true;
        }
        if (tried || !insist && System.nanoTime() - failedAt < HOLD_OFF_NANOS) {
            return false;
        }
        tried = true;
        return true;
    }

    synchronized void answered() {
        failed = false;
        tried = false;
    }

    synchronized void failed(String why) {
        failed = true;
        tried = false;
        failedAt = System.nanoTime();
        failure = why;
    }

    /** How it failed last. */
    synchronized String failure() {
        return failure;
    }

    /**
     * Binds as a user. Whoever was bound is forgotten before the connection goes back.
     *
     * @param talk what the user does once bound
     * @throws LDAPException the server's answer, if it does not take the password
     * @throws Unavailable if the server failed
     */
    <T> T asUser(DN dn, byte[] password, Talk<T> talk) throws LDAPException, Unavailable, DirectoryException {
        return on(users, connection -> {
            connection.bind(new SimpleBindRequest(dn, password));
            try {
                return talk.on(connection);
            } finally {
                forget(connection);
            }
        });
    }

    /** Also a refused bind leaves nobody bound (RFC 4513, 4), so that a server may refuse the anonymous user. */
    private static void forget(LDAPConnection connection) {
        try {
            connection.bind(new SimpleBindRequest());
        } catch (LDAPException e) {
            if (!e.getResultCode().isConnectionUsable()) {
                connection.close();
            }
        }
    }

    /**
     * Does something as who searches.
     *
     * @throws LDAPException if the server does not want to
     * @throws Unavailable if the server failed
     */
    <T> T asSearcher(Talk<T> talk) throws LDAPException, Unavailable, DirectoryException {
        if (searchers == null) {
            throw new IllegalStateException("nobody searches");
        }
        return on(searchers, talk);
    }

    private <T> T on(LDAPConnectionPool pool, Talk<T> talk) throws LDAPException, Unavailable, DirectoryException {
        LDAPConnection connection = take(pool);
        for (boolean again = false; ; again = true) {
            boolean usable = false;
            boolean replaced = false;
            try {
                T answer = talk.on(connection);
                usable = true;
                return answer;
            } catch (DirectoryException e) {
                usable = true;
                throw e;
            } catch (LDAPException e) {
                usable = e.getResultCode().isConnectionUsable();
                if (usable) {
                    throw e;
                }
                // The server may have closed a connection that was idle, and others with it; a new one tells more.
                if (again || !e.getResultCode().equals(ResultCode.SERVER_DOWN)) {
                    throw new Unavailable(Words.of(e));
                }
                connection = replace(pool, connection);
                replaced = true;
            } finally {
                if (usable && connection.isConnected()) {
                    pool.releaseConnection(connection);
                } else if (!replaced) {
                    pool.discardConnection(connection);
                }
            }
        }
    }

    private static LDAPConnection replace(LDAPConnectionPool pool, LDAPConnection defunct) throws Unavailable {
        try {
            return pool.replaceDefunctConnection(defunct);
        } catch (LDAPException e) {
            throw new Unavailable(Words.of(e));
        }
    }

    private LDAPConnection take(LDAPConnectionPool pool) throws Unavailable {
        try {
            return pool.getConnection();
        } catch (LDAPException e) {
            String who = pool == searchers && e.getResultCode().isConnectionUsable() ? "bind-dn is not let in: " : "";
            throw new Unavailable(who + Words.of(e));
        }
    }

    @Override
    public void close() {
        users.close();
        if (searchers != null) {
            searchers.close();
        }
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
