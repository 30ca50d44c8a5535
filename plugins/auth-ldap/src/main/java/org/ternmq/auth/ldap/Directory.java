package org.ternmq.auth.ldap;

import com.unboundid.ldap.sdk.BindRequest;
import com.unboundid.ldap.sdk.GetEntryLDAPConnectionPoolHealthCheck;
import com.unboundid.ldap.sdk.LDAPConnectionOptions;
import com.unboundid.ldap.sdk.LDAPConnectionPool;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.PostConnectProcessor;
import com.unboundid.ldap.sdk.ServerSet;
import com.unboundid.ldap.sdk.SimpleBindRequest;
import com.unboundid.ldap.sdk.SingleServerSet;
import com.unboundid.ldap.sdk.StartTLSPostConnectProcessor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.ConfigurationException;

/**
 * The servers, asked in order until one answers, by a bounded number of clients at once.
 *
 * <p>Safe for use by all threads.
 */
final class Directory implements AutoCloseable {
    private static final int MAX_MESSAGE_SIZE = 4 << 20;

    private final List<Server> servers = new ArrayList<>();
    private final Login login;
    private final Semaphore turns;
    private final int poolSize;
    private final long patienceMillis;

    /**
     * Reads the files that the settings name; does not connect.
     *
     * @throws ConfigurationException if one cannot be used
     */
    Directory(LdapSettings settings) {
        login = new Login(settings);
        poolSize = settings.poolSize();
        turns = new Semaphore(poolSize, true);
        patienceMillis = settings.responseTimeout().toMillis();
        boolean tls = settings.startTls() || settings.addresses().stream().anyMatch(Address::tls);
        SSLSocketFactory sockets = tls ? Tls.sockets(settings.verifyHostName(), settings.trust()) : null;
        BindRequest searcher = settings.search().map(Directory::searcher).orElse(null);
        for (Address address : settings.addresses()) {
            servers.add(server(address, settings, sockets, searcher));
        }
    }

    private static Server server(
            Address address,
            LdapSettings settings,
            @Nullable SSLSocketFactory sockets,
            @Nullable BindRequest searcher) {
        LDAPConnectionOptions options = new LDAPConnectionOptions();
        options.setConnectTimeoutMillis((int) settings.connectTimeout().toMillis());
        options.setResponseTimeoutMillis(settings.responseTimeout().toMillis());
        options.setFollowReferrals(false); // a server must not send passwords elsewhere
        options.setBindWithDNRequiresPassword(true); // RFC 4513, 5.1.2
        options.setMaxMessageSize(MAX_MESSAGE_SIZE);
        ServerSet set = address.tls()
                ? new SingleServerSet(address.host(), address.port(), sockets, options)
                : new SingleServerSet(address.host(), address.port(), options);
        PostConnectProcessor processor =
                settings.startTls() && sockets != null ? new StartTLSPostConnectProcessor(sockets) : null;
        LDAPConnectionPool users = pool(set, null, processor, settings);
        return new Server(
                address, users, settings.search().isEmpty() ? null : pool(set, searcher, processor, settings));
    }

    private static LDAPConnectionPool pool(
            ServerSet set, @Nullable BindRequest as, @Nullable PostConnectProcessor processor, LdapSettings settings) {
        try {
            LDAPConnectionPool pool = new LDAPConnectionPool(set, as, 0, settings.poolSize(), processor, false);
            pool.setCreateIfNecessary(true);
            pool.setHealthCheckIntervalMillis(settings.healthCheck().toMillis());
            // Reads the root DSE (RFC 4512, 5.1) over connections that are idle, and drops those on which it fails.
            pool.setHealthCheck(new GetEntryLDAPConnectionPoolHealthCheck(
                    "", settings.responseTimeout().toMillis(), false, false, false, true, false));
            return pool;
        } catch (LDAPException e) {
            throw new IllegalStateException("a pool that is to be empty connects", e);
        }
    }

    private static @Nullable BindRequest searcher(LdapSettings.Search search) {
        if (search.bindDn().isEmpty()) {
            return null;
        }
        String password = search.bindPassword()
                .orElseGet(() -> firstLine(search.bindPasswordFile().orElseThrow()));
        return new SimpleBindRequest(search.bindDn().get(), password);
    }

    private static String firstLine(Path file) {
        try {
            String line = Files.readString(file, StandardCharsets.UTF_8)
                    .lines()
                    .findFirst()
                    .orElse("");
            if (line.isEmpty()) {
                throw new ConfigurationException("search.bind-password-file: the first line of " + file + " is empty");
            }
            return line;
        } catch (IOException e) {
            throw new ConfigurationException("search.bind-password-file: " + file + " cannot be read: " + e);
        }
    }

    /**
     * Asks the directory for a user.
     *
     * @param trace takes a line for each step
     * @throws DirectoryException if no server answers, or an answer is of no use
     * @throws InterruptedException if the broker does not wait longer
     */
    AuthResult login(String username, byte[] password, Consumer<String> trace)
            throws DirectoryException, InterruptedException {
        if (!turns.tryAcquire(patienceMillis, TimeUnit.MILLISECONDS)) {
            throw new DirectoryException("the directory is being asked for " + poolSize + " clients already");
        }
        try {
            List<String> failures = new ArrayList<>();
            for (boolean insist : new boolean[] {false, true}) {
                for (Server server : servers) {
                    if (server.mayBeAsked(insist)) {
                        try {
                            return ask(server, username, password, trace);
                        } catch (Server.Unavailable e) {
                            failures.add(server + ": " + e.getMessage());
                            trace.accept("failed: " + e.getMessage());
                        }
                        if (Thread.interrupted()) {
                            throw new InterruptedException("the broker does not wait longer for " + server);
                        }
                    }
                }
                if (!failures.isEmpty()) {
                    break;
                }
            }
            if (failures.isEmpty()) {
                servers.forEach(server -> failures.add(server + " failed a moment ago: " + server.failure()));
            }
            throw new DirectoryException("no server of the directory answers: " + String.join("; ", failures));
        } finally {
            turns.release();
        }
    }

    private AuthResult ask(Server server, String username, byte[] password, Consumer<String> trace)
            throws Server.Unavailable, DirectoryException {
        trace.accept("server " + server);
        String failure = "internal error";
        try {
            AuthResult result = login.with(server, username, password, trace);
            failure = "";
            return result;
        } catch (DirectoryException e) {
            failure = "";
            throw e;
        } catch (Server.Unavailable e) {
            failure = String.valueOf(e.getMessage());
            throw e;
        } finally {
            if (failure.isEmpty()) {
                server.answered();
            } else {
                server.failed(failure);
            }
        }
    }

    @Override
    public void close() {
        servers.forEach(Server::close);
    }

    @Override
    public String toString() {
        return servers.toString();
    }
}
