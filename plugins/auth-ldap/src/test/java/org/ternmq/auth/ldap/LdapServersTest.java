package org.ternmq.auth.ldap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ternmq.auth.ldap.BadServer.Way;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.AuthResult.Accepted;
import org.ternmq.spi.AuthResult.Rejected;
import org.ternmq.spi.Authenticator;
import org.ternmq.testkit.TestCredentials;
import org.ternmq.testkit.TestPluginContext;
import org.ternmq.testkit.TestTls;

/** Servers that are encrypted, gone, or worse. */
@Timeout(60)
final class LdapServersTest {
    private static final TestCredentials ADA = TestCredentials.of("ada", "correct horse");

    @TempDir
    Path folder = Path.of("");

    private final List<AutoCloseable> toClose = new ArrayList<>();

    @AfterEach
    void closeAll() throws Exception {
        for (int i = toClose.size() - 1; i >= 0; i--) {
            toClose.get(i).close();
        }
    }

    private <T extends AutoCloseable> T closing(T closeable) {
        toClose.add(closeable);
        return closeable;
    }

    private Authenticator of(String url, Object... more) {
        Map<String, Object> settings = new HashMap<>(Map.of(
                "url",
                url,
                "user-dn",
                "uid={username},ou=people,dc=example,dc=org",
                "connect-timeout",
                "400ms",
                "response-timeout",
                "400ms"));
        for (int i = 0; i < more.length; i += 2) {
            settings.put((String) more[i], more[i + 1]);
        }
        return closing(
                new LdapAuthenticatorFactory().create(closing(new TestPluginContext("directory", folder, settings))));
    }

    private static String deadUrl() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return "ldap://127.0.0.1:" + socket.getLocalPort();
        }
    }

    private void refuses(Authenticator authenticator) {
        assertThatThrownBy(() -> authenticator.authenticate(ADA))
                .isInstanceOf(DirectoryException.class)
                .hasMessageNotContaining("correct horse");
    }

    @Test
    void tls() throws Exception {
        TestTls tls = new TestTls(folder, "ip:127.0.0.1,dns:localhost");
        TestDirectory directory = closing(TestDirectory.encrypted(tls));
        String ldaps = "ldaps://127.0.0.1:" + directory.tlsPort();
        assertThat(of(ldaps, "trust", "server.pem", "connect-timeout", "5s").authenticate(ADA))
                .isInstanceOf(Accepted.class);
        assertThat(of("ldaps://localhost:" + directory.tlsPort(), "trust", "server.pem", "connect-timeout", "5s")
                        .authenticate(ADA))
                .isInstanceOf(Accepted.class);
        refuses(of(ldaps, "connect-timeout", "5s")); // not signed by anybody whom Java trusts
        assertThat(of(directory.url(), "start-tls", true, "trust", "server.pem", "connect-timeout", "5s")
                        .authenticate(ADA))
                .isInstanceOf(Accepted.class);
        refuses(of(directory.url(), "start-tls", true, "connect-timeout", "5s"));
    }

    @Test
    void aCertificateIsForItsHost() throws Exception {
        TestTls tls = new TestTls(folder, "dns:elsewhere.example");
        TestDirectory directory = closing(TestDirectory.encrypted(tls));
        String ldaps = "ldaps://127.0.0.1:" + directory.tlsPort();
        refuses(of(ldaps, "trust", "server.pem", "connect-timeout", "5s"));
        refuses(of(directory.url(), "start-tls", true, "trust", "server.pem", "connect-timeout", "5s"));
        assertThat(directory.asked()).as("no password was sent").isEmpty();
        assertThat(of(ldaps, "trust", "server.pem", "verify-host-name", false, "connect-timeout", "5s")
                        .authenticate(ADA))
                .isInstanceOf(Accepted.class);
    }

    @Test
    void theNameOfTheUrlCountsAndNotTheAddress() throws Exception {
        TestTls tls = new TestTls(folder, "dns:localhost");
        TestDirectory directory = closing(TestDirectory.encrypted(tls));
        for (Map.Entry<String, Boolean> each : Map.of(
                        "ldaps://%s:" + directory.tlsPort(), false, "ldap://%s:" + directory.port(), true)
                .entrySet()) {
            Object[] more = {"start-tls", each.getValue(), "trust", "server.pem", "connect-timeout", "5s"};
            assertThat(of(String.format(Locale.ROOT, each.getKey(), "localhost"), more)
                            .authenticate(ADA))
                    .isInstanceOf(Accepted.class);
            refuses(of(String.format(Locale.ROOT, each.getKey(), "127.0.0.1"), more));
        }
    }

    @Test
    void aServerWithoutStartTlsGetsNoPassword() throws Exception {
        TestDirectory directory = closing(TestDirectory.plain());
        refuses(of(directory.url(), "start-tls", true));
        assertThat(directory.asked()).isEmpty();
    }

    @Test
    void filesOfCertificatesThatAreNone() throws Exception {
        assertThatThrownBy(() -> of("ldaps://127.0.0.1", "trust", "missing.pem"))
                .hasMessageContaining("missing.pem");
        Files.writeString(folder.resolve("bad.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assertThatThrownBy(() -> of("ldaps://127.0.0.1", "trust", "bad.pem")).hasMessageContaining("bad.pem");
        Files.writeString(folder.resolve("empty.pem"), "");
        assertThatThrownBy(() -> of("ldaps://127.0.0.1", "trust", "empty.pem")).hasMessageContaining("empty.pem");
    }

    /** Refused by an exception, for the time limits (0.4 s) and not for those of the library (minutes), and the next server is asked where there is one. */
    @ParameterizedTest
    @EnumSource(Way.class)
    void aServerThatMisbehaves(Way way) throws Exception {
        BadServer bad = closing(new BadServer(way));
        boolean startTls = way == Way.SILENT_IN_TLS;
        refuses(startTls ? of(bad.url(), "start-tls", true) : of(bad.url()));

        TestDirectory good = closing(
                startTls ? TestDirectory.encrypted(new TestTls(folder, "ip:127.0.0.1")) : TestDirectory.plain());
        Authenticator both = startTls
                ? of(bad.url() + " " + good.url(), "start-tls", true, "trust", "server.pem", "connect-timeout", "2s")
                : of(bad.url() + " " + good.url());
        assertThat(both.authenticate(ADA)).isInstanceOf(Accepted.class);
        int tried = bad.connections();
        assertThat(both.authenticate(ADA.withPassword("wrong"))).isInstanceOf(Rejected.class);
        assertThat(bad.connections()).as("it is left alone for a while").isEqualTo(tried);
    }

    @Test
    void theNextServerIsAskedWhereOneIsGone() throws Exception {
        TestDirectory good = closing(TestDirectory.plain());
        assertThat(of(deadUrl() + " " + good.url()).authenticate(ADA)).isInstanceOf(Accepted.class);
        refuses(of(deadUrl() + " " + deadUrl()));
    }

    @Test
    void theFirstOneIsAskedFirstAndTheOthersWhenItIsGone() throws Exception {
        TestDirectory first = closing(TestDirectory.plain());
        TestDirectory second = closing(TestDirectory.plain());
        Authenticator both = of(first.url() + " " + second.url());
        assertThat(both.authenticate(ADA)).isInstanceOf(Accepted.class);
        assertThat(second.asked()).isEmpty();
        first.server().shutDown(true);
        assertThat(both.authenticate(ADA)).isInstanceOf(Accepted.class);
        assertThat(second.asked()).isNotEmpty();
    }

    /** While one client finds out that a server still hangs, the others are refused at once: they hold no thread. */
    @Test
    void aServerThatHangsIsTriedByOneClientAtATime() throws Exception {
        BadServer silent = closing(new BadServer(Way.SILENT));
        Authenticator authenticator = of(silent.url(), "response-timeout", "1s", "pool-size", 4);
        refuses(authenticator);
        ExecutorService clients = Executors.newFixedThreadPool(8);
        try {
            List<Future<AuthResult>> asking = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                asking.add(clients.submit(() -> authenticator.authenticate(ADA)));
            }
            for (Future<AuthResult> one : asking) {
                assertThatThrownBy(() -> one.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(DirectoryException.class);
            }
            assertThat(silent.connections()).as("most of the 40 did not wait").isLessThan(20);
        } finally {
            clients.shutdownNow();
        }
    }

    @Test
    void aServerThatComesBackIsAskedAgain() throws Exception {
        String url = deadUrl();
        Authenticator authenticator = of(url);
        refuses(authenticator);
        closing(TestDirectory.plain(Integer.parseInt(url.substring(url.lastIndexOf(':') + 1))));
        assertThat(authenticator.authenticate(ADA)).isInstanceOf(Accepted.class);
    }

    @Test
    void comesBackWhenTheBrokerDoesNotWaitLonger() throws Exception {
        BadServer silent = closing(new BadServer(Way.SILENT));
        Authenticator authenticator = of(silent.url(), "response-timeout", "5m");
        ExecutorService broker = Executors.newSingleThreadExecutor();
        try {
            Future<AuthResult> asking = broker.submit(() -> authenticator.authenticate(ADA));
            while (silent.connections() == 0) {
                Thread.onSpinWait();
            }
            asking.cancel(true);
            broker.shutdown();
            assertThat(broker.awaitTermination(20, TimeUnit.SECONDS))
                    .as("the thread is free again")
                    .isTrue();
        } finally {
            broker.shutdownNow();
        }
    }
}
