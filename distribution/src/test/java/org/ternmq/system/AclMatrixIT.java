package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.InMemoryListenerConfig;
import com.unboundid.ldap.sdk.DN;
import com.unboundid.ldap.sdk.Entry;
import com.unboundid.ldap.sdk.RDN;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.ternmq.system.RawClient.Connect;

/**
 * The table of access control: what is done, how the rules are written, and what the client is called. Each row is tried while the
 * right is there, by whom it is for and at another's, when it is withdrawn from who uses it, and after that. A row more is a
 * constant more of {@link Use}, {@link Rules} or {@link #NAMES}.
 */
@Timeout(300)
final class AclMatrixIT {
    private static final int NOT_AUTHORIZED = 0x87;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String PASSWORD = "wonderland";
    private static final String VICTIM = "victim";
    private static final String ROOT = "root";

    /** The payload of what a client publishes to see whether it still may. */
    private static final String OWN = "own";

    /** What clients call themselves, as user and as client identifier. */
    static final List<String> NAMES =
            List.of("plain", "+", "#", "#/x", "a/b", "+/victim", "%u", "$SYS", "ünï☃", "a b", "x".repeat(200));

    /** Whether a name may be a level of a topic, so that a template can have a meaning for it. */
    private static boolean fits(String name) {
        return name.chars().noneMatch(c -> c == '+' || c == '#' || c == '/');
    }

    /** How the same rules are written. */
    enum Rules {
        YAML,
        GROUPS,
        MOSQUITTO;

        /** Everybody has the topics below {@code m/NAME} if that is granted; the number says which version it is. */
        String text(boolean granted, int number) {
            String own = granted ? "{allow: [publish, subscribe], topic: \"m/%u/#\"}" : "";
            return switch (this) {
                case YAML ->
                    "evaluation: deny-wins\neveryone: [{allow: publish, topic: probe/" + number + "}, " + own
                            + "]\nusers: {root: [{allow: [publish, subscribe], topic: \"#\"}]}\n";
                case GROUPS ->
                    "evaluation: deny-wins\neveryone: [{allow: publish, topic: probe/" + number
                            + "}]\nroles:\n  staff: [" + own
                            + "]\n  wheel: [{allow: [publish, subscribe], topic: \"#\"}]\n"
                            + "groups: {attribute: groups, separator: \"\\n\", roles: {staff: [staff], wheel: [wheel]}}\n";
                case MOSQUITTO ->
                    (granted ? "pattern readwrite m/%u/#\n" : "") + "pattern write probe/" + number
                            + "\nuser root\ntopic readwrite #\n";
            };
        }
    }

    /** One client that uses its right. */
    private final class User {
        final String name;
        private final int number;

        User(String name, int number) {
            this.name = name;
            this.number = number;
        }

        Connect connect() {
            return Connect.clean(name + "-" + number).user(name, PASSWORD);
        }

        RawClient in() throws IOException {
            return RawClient.connect(port(), 5, connect());
        }
    }

    /** What a right is used for. */
    enum Use {
        PUBLISH {
            @Override
            boolean works(AclMatrixIT test, User user, String whose) throws IOException {
                try (RawClient client = user.in()) {
                    return test.publish(client, "m/" + whose + "/x", "x", 0) != NOT_AUTHORIZED;
                }
            }

            @Override
            boolean outlives(AclMatrixIT test, User user) throws Exception {
                try (RawClient client = user.in()) {
                    test.revoke(client, user);
                    return test.publish(client, "m/" + user.name + "/x", "x", 1) != NOT_AUTHORIZED;
                }
            }
        },
        SUBSCRIBE {
            @Override
            boolean works(AclMatrixIT test, User user, String whose) throws IOException {
                return test.subscribes(user, "m/" + whose + "/x");
            }

            @Override
            boolean outlives(AclMatrixIT test, User user) throws Exception {
                return test.subscriptionOutlives(user, "m/" + user.name + "/x");
            }
        },
        SHARED {
            @Override
            boolean works(AclMatrixIT test, User user, String whose) throws IOException {
                return test.subscribes(user, "$share/g/m/" + whose + "/x");
            }

            @Override
            boolean outlives(AclMatrixIT test, User user) throws Exception {
                return test.subscriptionOutlives(user, "$share/g/m/" + user.name + "/x");
            }
        },
        WILDCARD {
            @Override
            boolean works(AclMatrixIT test, User user, String whose) throws IOException {
                try (RawClient root = test.root();
                        RawClient client = user.in()) {
                    for (String filter : new String[] {"#", "m/#", "m/+/x", "+/+/x", "$SYS/#"}) {
                        // Rules of Mosquitto grant what overlaps, and judge each message.
                        assertThat(test.subscribe(client, filter) && test.rules != Rules.MOSQUITTO)
                                .as(filter)
                                .isFalse();
                    }
                    test.publish(root, "m/" + VICTIM + "/x", "secret", 0);
                    test.publish(root, "elsewhere", "secret", 0);
                    assertThat(test.received(client)).as("what is another's").isFalse();
                }
                return test.subscribes(user, "m/" + whose + "/#");
            }

            @Override
            boolean outlives(AclMatrixIT test, User user) throws Exception {
                return test.subscriptionOutlives(user, "m/" + user.name + "/#");
            }
        },
        WILL {
            @Override
            boolean works(AclMatrixIT test, User user, String whose) throws IOException {
                try (RawClient client = RawClient.open(test.port(), 5)) {
                    client.send(user.connect().will("m/" + whose + "/x").packet(5));
                    int code = client.expect(RawPacket.CONNACK).u8(1);
                    if (code == 0) {
                        client.disconnect();
                    }
                    return code == 0;
                }
            }

            @Override
            boolean outlives(AclMatrixIT test, User user) throws Exception {
                try (RawClient watcher = test.root()) {
                    RawClient dying =
                            RawClient.connect(test.port(), 5, user.connect().will("m/" + user.name + "/will"));
                    test.revoke(dying, user);
                    watcher.subscribe("m/" + user.name + "/will", 0);
                    dying.close();
                    // The client identifier is free again only when the broker has done with the old connection.
                    RawClient.connect(test.port(), 5, user.connect()).disconnect();
                    return test.received(watcher);
                }
            }
        },
        RETAINED {
            @Override
            boolean works(AclMatrixIT test, User user, String whose) throws IOException {
                if (!fits(whose)) {
                    return test.subscribes(user, "m/" + whose + "/retained");
                }
                try (RawClient root = test.root();
                        RawClient client = user.in()) {
                    test.publish(root, "m/" + whose + "/retained", "kept", 1);
                    return test.subscribe(client, "m/" + whose + "/retained") && test.comes(client);
                }
            }

            @Override
            boolean outlives(AclMatrixIT test, User user) throws Exception {
                try (RawClient root = test.root();
                        RawClient client = user.in()) {
                    test.publish(root, "m/" + user.name + "/retained", "kept", 1);
                    test.revoke(client, user);
                    test.subscribe(client, "m/" + user.name + "/retained");
                    return test.received(client);
                }
            }
        },
        QUEUED {
            @Override
            boolean works(AclMatrixIT test, User user, String whose) throws IOException {
                return test.subscribes(user, "m/" + whose + "/queued");
            }

            @Override
            boolean outlives(AclMatrixIT test, User user) throws Exception {
                Connect persistent =
                        Connect.persistent(user.name + "-q-" + user.number).user(user.name, PASSWORD);
                RawClient away = RawClient.connect(test.port(), 5, persistent);
                away.subscribe("m/" + user.name + "/queued", 1);
                away.disconnect();
                try (RawClient root = test.root();
                        RawClient other = user.in()) {
                    assertThat(test.publish(root, "m/" + user.name + "/queued", "waits", 0))
                            .as("somebody waits for it")
                            .isZero();
                    test.revoke(other, user);
                }
                try (RawClient back = RawClient.connect(test.port(), 5, persistent)) {
                    assertThat(back.sessionPresent()).isTrue();
                    return test.received(back);
                }
            }
        };

        /** Whether it can be done now, at topics of somebody. */
        abstract boolean works(AclMatrixIT test, User user, String whose) throws IOException;

        /** Begins it while the right is there, has that withdrawn, and says whether there is an effect still. */
        abstract boolean outlives(AclMatrixIT test, User user) throws Exception;
    }

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final List<AutoCloseable> toClose = new ArrayList<>();
    private @Nullable BrokerProcess broker;
    private @Nullable BrokerFolder folder;
    private Rules rules = Rules.YAML;
    private @Nullable RawClient prober;
    private int version;

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : toClose) {
            each.close();
        }
    }

    static Stream<Arguments> rows() {
        return Stream.of(Rules.values())
                .flatMap(rules -> Stream.of(Use.values()).map(use -> Arguments.of(use, rules)));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("rows")
    void row(Use use, Rules written) throws Exception {
        rules = written;
        start();
        int number = 0;
        for (String name : NAMES) {
            User user = new User(name, number++);
            set(true);
            assertThat(use.works(this, user, VICTIM))
                    .as("'%s' at another's", name)
                    .isFalse();
            if (fits(name)) {
                assertThat(use.works(this, user, name))
                        .as("'%s' at its own", name)
                        .isTrue();
                assertThat(use.outlives(this, user))
                        .as("'%s' after it was withdrawn", name)
                        .isFalse();
                assertThat(use.works(this, user, name)).as("'%s' anew", name).isFalse();
            } else if (use != Use.PUBLISH && use != Use.WILL) { // no topic can be called so
                assertThat(use.works(this, user, name))
                        .as("'%s' at what it would be", name)
                        .isFalse();
            } else if (name.equals("a/b")) {
                assertThat(use.works(this, user, name)).as("two levels").isFalse();
            }
        }
        assertThat(broker().stop()).isZero();
        assertThat(broker().faults()).isEmpty();
    }

    /** Who publishes by the admin interface has a role and leaves a trace; no rule is asked about the publisher. */
    @Test
    void theAdminInterfacePublishesByItsRole() throws Exception {
        start("admin: {bind: \"127.0.0.1:0\"}\nevents: [{type: audit-log, path: audit.jsonl}]\n");
        BrokerFolder mine = Objects.requireNonNull(folder);
        TernMq.Result token = TernMq.shipped()
                .run(
                        "token",
                        "add",
                        "looks",
                        "--role",
                        "viewer",
                        "--file",
                        mine.data().resolve("admin-tokens").toString());
        assertThat(token.exit()).as(token.err()).isZero();
        AdminClient admin = AdminClient.of(broker(), mine);
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() ->
                        admin.with(token.out().strip()).get("/api/v1/overview").status() == 200);
        String message = "{\"topic\":\"m/" + VICTIM + "/x\",\"payload\":\"by role\",\"qos\":1}";
        try (RawClient root = root();
                RawClient victim =
                        RawClient.connect(port(), 5, Connect.clean("victim").user(VICTIM, PASSWORD))) {
            assertThat(subscribe(root, "m/" + VICTIM + "/x")).isTrue();
            assertThat(subscribe(victim, "m/" + VICTIM + "/x")).isTrue();
            assertThat(admin.with(token.out().strip())
                            .post("/api/v1/publish", message)
                            .status())
                    .as("a viewer")
                    .isEqualTo(403);
            assertThat(received(root)).isFalse();
            assertThat(admin.post("/api/v1/publish", message).status()).isEqualTo(200);
            assertThat(comes(root)).isTrue();
            assertThat(comes(victim)).isTrue();

            revoke(victim, new User(VICTIM, 0));
            assertThat(admin.post("/api/v1/publish", message).status())
                    .as("nobody may publish there but root")
                    .isEqualTo(200);
            assertThat(comes(root)).isTrue();
            assertThat(received(victim)).as("the rules of who receives hold").isFalse();
        }
        AuditFileLines audit = new AuditFileLines(mine.file("audit.jsonl"));
        assertThat(audit.await(line -> "publish".equals(line.get("action")) && "done".equals(line.get("outcome"))))
                .containsEntry("target", "m/" + VICTIM + "/x")
                .containsEntry("role", "admin");
        assertThat(audit.await(line -> "looks".equals(line.get("principal"))).get("role"))
                .isEqualTo("viewer");
    }

    /** A bridge that has a user is judged as that user, in both directions. */
    @Test
    void aBridgeWithAUserHasThatUsersRights() throws Exception {
        BrokerProcess far = brokers.folder("far").start();
        start("""
                admin: {bind: "127.0.0.1:0"}
                bridges:
                  - name: limited
                    type: mqtt
                    user: plain
                    url: "mqtt://127.0.0.1:%d"
                    topics:
                      - {out: "m/plain/x", qos: 1}
                      - {out: "m/victim/x", qos: 1}
                      - {in: "own/#", qos: 1, local-prefix: "m/plain/"}
                      - {in: "others/#", qos: 1, local-prefix: "m/victim/"}
                """.formatted(far.port()));
        AdminClient admin = AdminClient.of(broker(), Objects.requireNonNull(folder));
        Awaitility.await()
                .atMost(PATIENCE.multipliedBy(3))
                .until(() -> Boolean.TRUE.equals(bridge(admin, "connected")));
        try (RawClient there = RawClient.connect(far.port(), 5, Connect.clean("there"));
                RawClient root = root()) {
            assertThat(subscribe(there, "m/#")).isTrue();
            assertThat(subscribe(root, "m/+/own/#")).isTrue();
            assertThat(subscribe(root, "m/+/others/#")).isTrue();
            publish(root, "m/victim/x", "secret", 0);
            publish(root, "m/plain/x", "out", 0);
            assertThat(next(there)).as("the first that comes").isEqualTo("m/plain/x");
            publish(there, "others/x", "secret", 0);
            publish(there, "own/x", "in", 0);
            assertThat(next(root)).as("the first that comes").isEqualTo("m/plain/own/x");

            Awaitility.await().atMost(PATIENCE).until(() -> carried(admin) == 1);
            try (RawClient plain = new User("plain", 0).in()) {
                revoke(plain, new User("plain", 0));
            }
            publish(root, "m/plain/x", "late", 0);
            assertThat(carried(admin)).as("nothing more waits or went out").isEqualTo(1);
            double denied = denied(admin);
            publish(there, "own/x", "late", 0);
            Awaitility.await().atMost(PATIENCE).until(() -> denied(admin) > denied);
            assertThat(received(root)).isFalse();
        }
    }

    private static double denied(AdminClient admin) throws Exception {
        String name = "ternmq_messages_dropped_total{reason=\"publish-denied\"} ";
        return admin.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
                .sum();
    }

    /** What the bridge was ever given, completed or not. */
    private static int carried(AdminClient admin) throws Exception {
        return (int) bridge(admin, "sent") + (int) bridge(admin, "queuedMessages") + (int) bridge(admin, "inFlight");
    }

    private static Object bridge(AdminClient admin, String field) throws Exception {
        return Objects.requireNonNull(
                admin.get("/api/v1/bridges").items().get(0).get(field));
    }

    /** The topic of the next message, which is acknowledged. */
    private static String next(RawClient client) throws IOException {
        RawPacket packet = client.poll(PATIENCE).orElseThrow();
        while (packet.type() != RawPacket.PUBLISH) {
            packet = client.poll(PATIENCE).orElseThrow();
        }
        RawPacket.Publish message = packet.publish(5);
        client.send(RawClient.ack(RawPacket.PUBACK, message.packetId()));
        return message.topic();
    }

    private void start() throws Exception {
        start("");
    }

    private void start(String more) throws Exception {
        BrokerFolder made = brokers.folder("matrix")
                .configure(BrokerFolder.ONE_LISTENER
                        + """
                authentication:
                  use:
                    - type: ldap
                      url: "ldap://127.0.0.1:%d"
                      search: {base: "ou=people,dc=example,dc=org"}
                      groups: {base: "ou=groups,dc=example,dc=org"}
                authorization: {use: [{type: file, path: acl, format: %s}]}
                """.formatted(directory(), rules == Rules.MOSQUITTO ? "mosquitto" : "yaml")
                        + more);
        made.write("acl", rules.text(true, version));
        folder = made;
        broker = made.start();
        RawClient watching =
                RawClient.connect(port(), 5, Connect.clean("prober").user(VICTIM, PASSWORD));
        toClose.add(watching);
        prober = watching;
    }

    /** Everybody is staff; who is root is wheel as well. Returns the port. */
    private int directory() throws Exception {
        InMemoryDirectoryServerConfig config = new InMemoryDirectoryServerConfig("dc=example,dc=org");
        config.setSchema(null);
        config.setListenerConfigs(
                InMemoryListenerConfig.createLDAPConfig("ldap", InetAddress.getLoopbackAddress(), 0, null));
        InMemoryDirectoryServer server = new InMemoryDirectoryServer(config);
        toClose.add(() -> server.shutDown(true));
        server.add("dn: dc=example,dc=org", "objectClass: domain", "dc: example");
        server.add("dn: ou=people,dc=example,dc=org", "objectClass: organizationalUnit", "ou: people");
        server.add("dn: ou=groups,dc=example,dc=org", "objectClass: organizationalUnit", "ou: groups");
        Entry staff = new Entry("cn=staff,ou=groups,dc=example,dc=org");
        staff.addAttribute("cn", "staff");
        Entry wheel = new Entry("cn=wheel,ou=groups,dc=example,dc=org");
        wheel.addAttribute("cn", "wheel");
        for (String name :
                Stream.concat(Stream.of(ROOT, VICTIM), NAMES.stream()).toList()) {
            DN dn = new DN(new RDN("uid", name), new DN("ou=people,dc=example,dc=org"));
            Entry entry = new Entry(dn);
            entry.addAttribute("objectClass", "inetOrgPerson");
            entry.addAttribute("uid", name);
            entry.addAttribute("userPassword", PASSWORD);
            server.add(entry);
            (name.equals(ROOT) ? wheel : staff).addAttribute("member", dn.toString());
        }
        server.add(staff);
        server.add(wheel);
        server.startListening();
        return server.getListenPort();
    }

    private BrokerProcess broker() {
        return Objects.requireNonNull(broker);
    }

    int port() {
        return broker().port();
    }

    RawClient root() throws IOException {
        return RawClient.connect(port(), 5, Connect.clean("root").user(ROOT, PASSWORD));
    }

    /** Writes the rules and waits until they are in force for who connects now. */
    private void set(boolean granted) throws Exception {
        Objects.requireNonNull(folder).write("acl", rules.text(granted, ++version));
        broker().signal("HUP");
        RawClient watching = Objects.requireNonNull(prober);
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> publish(watching, "probe/" + version, "x", 0) != NOT_AUTHORIZED);
    }

    /** Withdraws the right, and waits until a client that is connected has lost it. */
    void revoke(RawClient client, User user) throws Exception {
        assertThat(publish(client, "m/" + user.name + "/own", OWN, 0)).isNotEqualTo(NOT_AUTHORIZED);
        set(false);
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> publish(client, "m/" + user.name + "/own", OWN, 0) == NOT_AUTHORIZED);
    }

    /** The code that a PUBLISH with QoS 1 is answered with; messages that come before are not looked at. */
    int publish(RawClient client, String topic, String payload, int flags) throws IOException {
        client.send(client.publish(topic, 1, flags, 7, payload));
        RawPacket packet = client.poll(PATIENCE).orElseThrow();
        while (packet.type() == RawPacket.PUBLISH) {
            packet = client.poll(PATIENCE).orElseThrow();
        }
        assertThat(packet.type()).as("%s", packet).isEqualTo(RawPacket.PUBACK);
        return packet.ackReason();
    }

    /** Whether a SUBSCRIBE is granted; a filter that is none ends the connection. */
    boolean subscribe(RawClient client, String filter) throws IOException {
        client.send(new Bytes()
                .u8(0x82)
                .counted(new Bytes().u16(1).varInt(0).text(filter).u8(1))
                .toArray());
        RawPacket packet = client.poll(PATIENCE).orElseThrow();
        if (packet.type() == RawPacket.DISCONNECT) {
            return false;
        }
        assertThat(packet.type()).as("%s", packet).isEqualTo(RawPacket.SUBACK);
        return packet.u8(packet.body().length - 1) < 0x80;
    }

    boolean subscribes(User user, String filter) throws IOException {
        try (RawClient client = user.in()) {
            return subscribe(client, filter);
        }
    }

    boolean subscriptionOutlives(User user, String filter) throws Exception {
        String topic = "m/" + user.name + "/x";
        try (RawClient root = root();
                RawClient client = user.in()) {
            assertThat(subscribe(client, filter)).isTrue();
            publish(root, topic, "before", 0);
            assertThat(comes(client)).as("before it is withdrawn").isTrue();
            revoke(client, user);
            publish(root, topic, "after", 0);
            return received(client);
        }
    }

    /** Whether a message of somebody else comes soon. */
    boolean comes(RawClient client) throws IOException {
        Optional<RawPacket> packet = client.poll(PATIENCE);
        while (packet.isPresent() && !isMessage(packet.get())) {
            packet = client.poll(PATIENCE);
        }
        return packet.isPresent();
    }

    /** Whether a message of somebody else has come. */
    boolean received(RawClient client) throws IOException {
        client.sendHex("C0 00");
        boolean any = false;
        RawPacket packet = client.poll(PATIENCE).orElseThrow();
        while (packet.type() != RawPacket.PINGRESP) {
            any |= isMessage(packet);
            packet = client.poll(PATIENCE).orElseThrow();
        }
        return any;
    }

    private static boolean isMessage(RawPacket packet) {
        return packet.type() == RawPacket.PUBLISH
                && !packet.publish(5).payload().equals(OWN);
    }
}
