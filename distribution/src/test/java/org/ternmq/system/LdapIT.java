package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.InMemoryListenerConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.ternmq.system.RawClient.Connect;

/** Who comes in, with a directory: one in memory, OpenLDAP's, and one that hangs. */
@Timeout(180)
@Execution(ExecutionMode.CONCURRENT)
final class LdapIT {
    private static final String PASSWORD = "correct horse";
    private static final int BAD_USER_NAME_OR_PASSWORD = 0x86;
    private static final int SERVER_UNAVAILABLE = 0x88;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final List<AutoCloseable> toClose = new ArrayList<>();

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : toClose) {
            each.close();
        }
    }

    private static String ldap(String url, String more) {
        return BrokerFolder.ONE_LISTENER
                + "authentication:\n  use:\n    - type: ldap\n      url: \"" + url + "\"\n"
                + more.indent(6);
    }

    private static String direct(String url) {
        return ldap(url, "user-dn: \"uid={username},ou=people,dc=example,dc=org\"\n");
    }

    private InMemoryDirectoryServer inMemory(int port) throws Exception {
        InMemoryDirectoryServerConfig config = new InMemoryDirectoryServerConfig("dc=example,dc=org");
        config.setSchema(null);
        config.setListenerConfigs(
                InMemoryListenerConfig.createLDAPConfig("ldap", InetAddress.getLoopbackAddress(), port, null));
        InMemoryDirectoryServer server = new InMemoryDirectoryServer(config);
        server.add("dn: dc=example,dc=org", "objectClass: domain", "dc: example");
        server.add("dn: ou=people,dc=example,dc=org", "objectClass: organizationalUnit", "ou: people");
        server.add(
                "dn: uid=ada,ou=people,dc=example,dc=org",
                "objectClass: inetOrgPerson",
                "uid: ada",
                "userPassword: " + PASSWORD);
        server.startListening();
        toClose.add(() -> server.shutDown(true));
        return server;
    }

    private static int code(BrokerProcess broker, String user, String password) throws IOException {
        try (RawClient client = RawClient.open(broker.port(), 5)) {
            client.send(Connect.clean("client of " + user).user(user, password).packet(5));
            RawPacket connAck = client.expect(RawPacket.CONNACK);
            if (connAck.u8(1) == 0) {
                client.disconnect();
            }
            return connAck.u8(1);
        }
    }

    private static TernMq.Result authTest(BrokerFolder folder, String user, String password) throws Exception {
        return TernMq.shipped()
                .runWithInput(
                        password + "\n",
                        "auth",
                        "test",
                        user,
                        "--config",
                        folder.config().toString(),
                        "--password-stdin");
    }

    @Test
    void letsInWhoCanBind() throws Exception {
        InMemoryDirectoryServer server = inMemory(0);
        BrokerFolder folder = brokers.folder("ldap").configure(direct("ldap://127.0.0.1:" + server.getListenPort()));
        BrokerProcess broker = folder.start();
        assertThat(code(broker, "ada", PASSWORD)).isZero();
        assertThat(code(broker, "ada", "wrong horse")).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        assertThat(code(broker, "ada", "")).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        assertThat(code(broker, "ADA", PASSWORD)).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        assertThat(code(broker, "nobody", PASSWORD)).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        assertThat(broker.log()).doesNotContain("horse");
        assertThat(broker.faults()).isEmpty();

        int port = server.getListenPort();
        server.shutDown(true);
        assertThat(code(broker, "ada", PASSWORD)).as("nobody to ask").isEqualTo(SERVER_UNAVAILABLE);
        assertThat(broker.awaitLine("no server of the directory answers", Duration.ofSeconds(10)))
                .isPresent();
        inMemory(port);
        assertThat(code(broker, "ada", PASSWORD)).as("it is back").isZero();
        assertThat(broker.log()).doesNotContain("horse");
        assertThat(broker.stop()).isZero();
    }

    @Test
    void triesALoginFromTheCommandLine() throws Exception {
        InMemoryDirectoryServer server = inMemory(0);
        String url = "ldap://127.0.0.1:" + server.getListenPort();
        BrokerFolder folder = brokers.folder("ldap").configure(direct(url) + "    - {type: file, path: users}\n");
        TernMq.shipped()
                .runWithInput("in the file\n", "passwd", folder.file("users").toString(), "bob", "--password-stdin");

        TernMq.Result good = authTest(folder, "ada", PASSWORD);
        assertThat(good.exit()).as(good.all()).isZero();
        assertThat(good.out().lines())
                .containsSubsequence(
                        "authentication-ldap:",
                        "  server " + url,
                        "  bind as uid=ada,ou=people,dc=example,dc=org",
                        "  password accepted",
                        "accepted");
        TernMq.Result bad = authTest(folder, "ada", "wrong horse");
        assertThat(bad.exit()).isEqualTo(1);
        assertThat(bad.out()).contains("bind refused: invalid credentials").contains("\nrejected: ");
        assertThat(good.all() + bad.all()).doesNotContain("horse");

        TernMq.Result unreadable = authTest(folder.configure("authentication: {use: [{type: ldap}]}"), "ada", "x");
        assertThat(unreadable.exit()).isEqualTo(2);
        assertThat(unreadable.err()).contains("url: missing");
    }

    /** Takes connections and says nothing. */
    private ServerSocket silent() throws IOException {
        ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        toClose.add(socket);
        Thread accepting = new Thread(() -> {
            List<Socket> taken = new ArrayList<>();
            try {
                while (true) {
                    taken.add(socket.accept());
                }
            } catch (IOException e) {
                // closed
            }
        });
        accepting.setDaemon(true);
        accepting.start();
        return socket;
    }

    @Test
    void aDirectoryThatHangsKeepsNobodyElseWaiting() throws Exception {
        // A time limit so long that nobody who waits for the directory can have an answer before this test has ended.
        String config = direct("ldap://127.0.0.1:" + silent().getLocalPort())
                        .replace("use:\n", "timeout: 120s\n  use:\n    - {type: file, path: users}\n")
                + "      response-timeout: 120s\n";
        BrokerFolder folder = brokers.folder("hang").configure(config);
        folder.write("users", "bob:" + quickHash("in the file") + "\n");
        BrokerProcess broker = folder.start();
        RawClient connected =
                RawClient.connect(broker.port(), 4, Connect.clean("stays").user("bob", "in the file"));
        List<RawClient> waiting = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            RawClient client = RawClient.open(broker.port(), 5);
            client.send(Connect.clean("waits" + i).user("ada", PASSWORD).packet(5));
            waiting.add(client);
        }
        for (int i = 0; i < 5; i++) {
            assertThat(code(broker, "bob", "in the file"))
                    .as("another authenticator's")
                    .isZero();
            connected.sendHex("C0 00");
            connected.expect(RawPacket.PINGRESP);
        }
        for (RawClient client : waiting) {
            client.close();
        }
        connected.close();
        broker.kill9();
    }

    /** As mosquitto_passwd makes them, with so few iterations that the test is about who waits and not about hashing. */
    private static String quickHash(String password) throws GeneralSecurityException {
        byte[] salt = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
        PBEKeySpec spec = new PBEKeySpec(password.toCharArray(), salt, 100, 512);
        byte[] hash = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                .generateSecret(spec)
                .getEncoded();
        Base64.Encoder base64 = Base64.getEncoder();
        return "$7$100$" + base64.encodeToString(salt) + "$" + base64.encodeToString(hash);
    }

    @Test
    void aDirectoryThatHangsRefuses() throws Exception {
        BrokerFolder folder = brokers.folder("hang")
                .configure(direct("ldap://127.0.0.1:" + silent().getLocalPort()) + "      response-timeout: 300ms\n");
        BrokerProcess broker = folder.start();
        for (int i = 0; i < 3; i++) {
            assertThat(code(broker, "ada", PASSWORD)).isEqualTo(SERVER_UNAVAILABLE);
        }
        assertThat(broker.log()).doesNotContain("horse");
        assertThat(broker.stop()).isZero();
    }

    /** As docs/security.md has it. */
    @Test
    void asksOpenLdap() throws Exception {
        String slapd = External.program("slapd");
        String ldapsearch = External.program("ldapsearch");
        BrokerFolder folder = brokers.folder("slapd");
        int port = freePort();
        startSlapd(slapd, ldapsearch, folder, port);
        String url = "ldap://127.0.0.1:" + port;
        folder.write("ldap-password", "of the broker\n");
        folder.configure(ldap(url, """
                search:
                  base: "ou=people,dc=example,dc=org"
                  filter: "(&(objectClass=inetOrgPerson)(uid={username}))"
                  bind-dn: "cn=broker,dc=example,dc=org"
                  bind-password-file: ldap-password
                attributes: [mail, ou]
                groups: {base: "ou=groups,dc=example,dc=org"}
                """));
        BrokerProcess broker = folder.start();
        assertThat(code(broker, "ada", PASSWORD)).isZero();
        for (String name : List.of("ADA", "ada ", "*", "ada)(uid=*", "nobody", "\uFF41da")) {
            assertThat(code(broker, name, PASSWORD)).as(name).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        }
        assertThat(code(broker, "ada", "wrong horse")).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        assertThat(code(broker, "ada", "")).isEqualTo(BAD_USER_NAME_OR_PASSWORD);
        assertThat(broker.faults()).isEmpty();
        assertThat(broker.stop()).isZero();

        TernMq.Result told = authTest(folder, "ada", PASSWORD);
        assertThat(told.exit()).as(told.all()).isZero();
        assertThat(told.out()).contains("told to access rules: mail=ada@example.org", "groups=staff");

        folder.configure(direct(url));
        assertThat(authTest(folder, "ada", PASSWORD).exit()).isZero();
        assertThat(authTest(folder, "Ada", PASSWORD).exit()).isEqualTo(1);
        assertThat(authTest(folder, "ada,ou=people", PASSWORD).exit()).isEqualTo(1);
        assertThat(authTest(folder, "ada", "wrong horse").exit()).isEqualTo(1);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void startSlapd(String slapd, String ldapsearch, BrokerFolder folder, int port) throws Exception {
        Path database = Files.createDirectories(folder.file("db"));
        Path config = folder.write("slapd.conf", """
                include /etc/ldap/schema/core.schema
                include /etc/ldap/schema/cosine.schema
                include /etc/ldap/schema/inetorgperson.schema
                modulepath /usr/lib/ldap
                moduleload back_mdb
                pidfile %s
                database mdb
                suffix "dc=example,dc=org"
                directory %s
                access to attrs=userPassword by anonymous auth by * none
                access to * by users read by * none
                """.formatted(folder.file("slapd.pid"), database));
        Path data = folder.write("people.ldif", """
                dn: dc=example,dc=org
                objectClass: domain
                dc: example

                dn: cn=broker,dc=example,dc=org
                objectClass: organizationalRole
                objectClass: simpleSecurityObject
                cn: broker
                userPassword: of the broker

                dn: ou=people,dc=example,dc=org
                objectClass: organizationalUnit
                ou: people

                dn: ou=groups,dc=example,dc=org
                objectClass: organizationalUnit
                ou: groups

                dn: uid=ada,ou=people,dc=example,dc=org
                objectClass: inetOrgPerson
                uid: ada
                cn: Ada
                sn: Lovelace
                ou: engines
                mail: ada@example.org
                userPassword: %s

                dn: cn=staff,ou=groups,dc=example,dc=org
                objectClass: groupOfNames
                cn: staff
                member: uid=ada,ou=people,dc=example,dc=org
                """.formatted(PASSWORD));
        Process add = new ProcessBuilder(slapd, "-T", "add", "-f", config.toString(), "-l", data.toString()).start();
        TernMq.Result added = TernMq.finish(add, "", "slapadd");
        assertThat(added.exit()).as(added.all()).isZero();
        Process server = new ProcessBuilder(slapd, "-f", config.toString(), "-h", "ldap://127.0.0.1:" + port, "-d", "0")
                .redirectErrorStream(true)
                .redirectOutput(folder.file("slapd.log").toFile())
                .start();
        toClose.add(() -> {
            server.destroy();
            server.waitFor(20, TimeUnit.SECONDS);
        });
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
            Process search = new ProcessBuilder(
                            ldapsearch, "-x", "-H", "ldap://127.0.0.1:" + port, "-b", "", "-s", "base")
                    .start();
            return TernMq.finish(search, "", "ldapsearch").exit() == 0;
        });
    }
}
