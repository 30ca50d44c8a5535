package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.system.RawClient.Connect;

/** The audit log that is shipped. */
@Timeout(120)
final class AuditIT {
    private static final String FORGERY =
            "evil\"}\r\n{\"event\":\"connected\",\"clientId\":\"admin\"}\n\u001B[2J\u2028\u009B";
    private static final String HOSTILE_USER = "x\n\u001B]0;owned\u0007\u202E\u0085é";

    @RegisterExtension
    final Brokers brokers = new Brokers();

    @Test
    void saysWhoCameWhoWasRefusedAndWhatWasDenied() throws Exception {
        BrokerFolder folder = brokers.folder("audit").configure(BrokerFolder.ONE_LISTENER + """
                authentication: {use: [{type: file, path: users}]}
                authorization: {use: [{type: file, path: acl.yaml}]}
                events: [{type: audit-log, path: audit.jsonl}]
                protocol: {control-characters: accept}
                """);
        folder.write("users", ThreatIT.USERS);
        folder.write("acl.yaml", """
                evaluation: deny-wins
                users: {alice: [{allow: [publish, subscribe], topic: "news/#"}]}
                """);
        BrokerProcess broker = folder.start();
        try (RawClient evil = RawClient.open(broker.port(), 5)) {
            evil.send(Connect.clean(FORGERY).user(HOSTILE_USER, "guess").packet(5));
            assertThat(evil.expect(RawPacket.CONNACK).u8(1)).isEqualTo(0x86);
        }
        RawClient alice = RawClient.connect(broker.port(), 5, ThreatIT.alice(Connect.clean(FORGERY)));
        alice.subscribe("news/#", 1);
        assertThat(ThreatIT.subscribe(alice, "secret/#")).isEqualTo(0x87);
        for (int i = 0; i < 50; i++) {
            alice.send(alice.publish("vault/" + i + "\n\u2028", 0, 0, 0, "no"));
        }
        alice.disconnect();

        AuditFileLines audit = new AuditFileLines(folder.file("audit.jsonl"));
        audit.await(line -> "disconnected".equals(line.get("event")));
        assertThat(broker.stop()).isZero();
        assertThat(broker.faults()).isEmpty();
        List<Map<String, String>> lines = audit.all();
        assertThat(lines.stream().map(line -> line.get("event")).distinct())
                .containsExactly("refused", "connected", "subscribed", "denied", "disconnected", "session-ended");
        assertThat(lines.get(0))
                .containsEntry("clientId", FORGERY)
                .containsEntry("username", HOSTILE_USER)
                .containsEntry("reasonCode", "0x86")
                .containsEntry("listener", "mqtt");
        assertThat(lines.get(1)).containsEntry("clientId", FORGERY).containsEntry("username", "alice");
        assertThat(lines.get(1).get("address")).startsWith("127.0.0.1:");
        assertThat(lines).as("nobody forged a line").noneMatch(line -> "admin".equals(line.get("clientId")));
        assertThat(lines.stream().filter(line -> "subscribe".equals(line.get("action"))))
                .singleElement()
                .satisfies(line -> assertThat(line).containsEntry("filter", "secret/#"));
        assertThat(lines.stream()
                        .filter(line -> "publish".equals(line.get("action")))
                        .map(line -> line.get("topic")))
                .as("each denial, although the log has few")
                .hasSize(50)
                .contains("vault/0\n\u2028", "vault/49\n\u2028");
        assertThat(Files.readString(folder.file("audit.jsonl"))).doesNotContain("guess", "wonderland");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.file("audit.jsonl"))))
                .isEqualTo("rw-------");
    }
}
