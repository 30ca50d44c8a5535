package org.ternmq.auth.ldap;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.InMemoryListenerConfig;
import com.unboundid.ldap.listener.interceptor.InMemoryInterceptedSearchRequest;
import com.unboundid.ldap.listener.interceptor.InMemoryInterceptedSimpleBindRequest;
import com.unboundid.ldap.listener.interceptor.InMemoryOperationInterceptor;
import com.unboundid.ldap.sdk.DN;
import com.unboundid.ldap.sdk.Entry;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.RDN;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.ternmq.testkit.TestTls;

/** A directory in memory that writes down what it is asked. */
final class TestDirectory implements AutoCloseable {
    static final String SERVICE = "cn=broker,dc=example,dc=org";
    static final String SERVICE_PASSWORD = "of the broker";

    /** A bind or a search: on which connection, which one, and the DN. */
    record Asked(long connection, String what, String dn) {}

    private final List<Asked> asked = new CopyOnWriteArrayList<>();
    private final InMemoryDirectoryServer server;

    private TestDirectory(@Nullable TestTls tls, int port) throws Exception {
        InMemoryDirectoryServerConfig config = new InMemoryDirectoryServerConfig("dc=example,dc=org");
        config.setSchema(null);
        config.addAdditionalBindCredentials(SERVICE, SERVICE_PASSWORD);
        config.addInMemoryOperationInterceptor(new InMemoryOperationInterceptor() {
            @Override
            public void processSimpleBindRequest(InMemoryInterceptedSimpleBindRequest request) {
                asked.add(new Asked(
                        request.getConnectionID(), "bind", request.getRequest().getBindDN()));
            }

            @Override
            public void processSearchRequest(InMemoryInterceptedSearchRequest request) {
                asked.add(new Asked(
                        request.getConnectionID(),
                        "search",
                        request.getRequest().getBaseDN()));
            }
        });
        InetAddress here = InetAddress.getLoopbackAddress();
        if (tls == null) {
            config.setListenerConfigs(InMemoryListenerConfig.createLDAPConfig("ldap", here, port, null));
        } else {
            config.setListenerConfigs(
                    InMemoryListenerConfig.createLDAPConfig(
                            "ldap", here, 0, tls.context().getSocketFactory()),
                    InMemoryListenerConfig.createLDAPSConfig(
                            "ldaps", here, 0, tls.context().getServerSocketFactory(), null));
        }
        server = new InMemoryDirectoryServer(config);
        fill();
        server.startListening();
        asked.clear();
    }

    static TestDirectory plain() throws Exception {
        return plain(0);
    }

    static TestDirectory plain(int port) throws Exception {
        return new TestDirectory(null, port);
    }

    static TestDirectory encrypted(TestTls tls) throws Exception {
        return new TestDirectory(tls, 0);
    }

    private void fill() throws Exception {
        server.add("dn: dc=example,dc=org", "objectClass: domain", "dc: example");
        for (String ou : List.of("people", "groups", "other")) {
            server.add("dn: ou=" + ou + ",dc=example,dc=org", "objectClass: organizationalUnit", "ou: " + ou);
        }
        user("ada", "ou=people", "correct horse", "mail: ada@example.org", "mail: a@example.org", "ou: engines");
        user("bob", "ou=people", "builder");
        user("a,b+c=d\\\"<>;#e", "ou=people", "commas");
        user("twice", "ou=people", "twice");
        user("twice", "ou=other", "twice");
        group("staff", "uid=ada,ou=people,dc=example,dc=org", "uid=bob,ou=people,dc=example,dc=org");
        group("engineers", "uid=ada,ou=people,dc=example,dc=org");
        group("wheel", "uid=nobody,ou=people,dc=example,dc=org");
        group("a\\2C wheel", "uid=ada,ou=people,dc=example,dc=org");
    }

    void user(String uid, String where, String password, String... more) throws LDAPException {
        DN dn = new DN(new RDN("uid", uid), new DN(where + ",dc=example,dc=org"));
        Entry entry = new Entry(dn);
        entry.addAttribute("objectClass", "inetOrgPerson");
        entry.addAttribute("uid", uid);
        entry.addAttribute("userPassword", password);
        for (String attribute : more) {
            String[] parts = attribute.split(": ", 2);
            entry.addAttribute(parts[0], parts[1]);
        }
        server.add(entry);
    }

    private void group(String cn, String... members) throws LDAPException {
        Entry entry = new Entry("cn=" + cn + ",ou=groups,dc=example,dc=org");
        entry.addAttribute("objectClass", "groupOfNames");
        entry.addAttribute("cn", entry.getRDN().getAttributeValues()[0]);
        entry.addAttribute("member", members);
        server.add(entry);
    }

    InMemoryDirectoryServer server() {
        return server;
    }

    List<Asked> asked() {
        return asked;
    }

    int port() {
        return server.getListenPort("ldap");
    }

    int tlsPort() {
        return server.getListenPort("ldaps");
    }

    String url() {
        return "ldap://127.0.0.1:" + port();
    }

    @Override
    public void close() {
        server.shutDown(true);
    }
}
