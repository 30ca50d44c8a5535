package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A broker for packet tables. The tests of one class share it. */
final class TableBroker implements AutoCloseable {
    private static final String LISTENERS = """
            listeners:
              - {name: mqtt, bind: "127.0.0.1:0"}
              - {name: web, bind: "127.0.0.1:0", websocket: {path: /mqtt}}
            """;

    /** Offers little and checks all it can; who comes in is ann with the password "secret", and who gives no name. */
    private static final String LIMITED = LISTENERS + """
            authentication:
              allow-anonymous: true
              use: [{type: file, path: users}]
            guard: {failed-logins: 0}
            limits:
              max-packet-size: 1KiB
              max-keep-alive: 60s
              session-expiry-max: 1h
              receive-maximum: 3
              topic-alias-max: 0
              filters-per-subscribe: 2
              user-properties: 0
              client-id-max-length: 23
            protocol:
              control-characters: accept
              payload-format-check: true
              maximum-qos: 1
              retain-available: false
              wildcard-subscription-available: false
              subscription-identifiers-available: false
              shared-subscription-available: false
            """;

    private static final String ANN =
            "ann:$7$101$cGFja2V0LXRhYmxl$CTJJCk0vTwsRc+f8OoR2Ge/P+meissKGrCUuyUxULlocF0xQCZeI0EvRPUJWbn7hfee56TqrbP9gutFOgwyPOg==";

    private final BrokerProcess process;

    private TableBroker(String yaml) throws IOException {
        Path all = Files.createDirectories(Path.of("target", "system-tests").toAbsolutePath());
        Path base = Files.createTempDirectory(all, "tables-");
        BrokerFolder folder = new BrokerFolder(TernMq.shipped(), base, p -> {}).configure(yaml);
        folder.write("users", ANN + "\n");
        process = folder.start();
    }

    /** As it comes. */
    static TableBroker asShipped() throws IOException {
        return new TableBroker(LISTENERS);
    }

    /** For {@code limited.txt}. */
    static TableBroker limited() throws IOException {
        return new TableBroker(LIMITED);
    }

    int port() {
        return process.port();
    }

    int webPort() {
        return process.port("web");
    }

    /** Ends it. It must have found nothing wrong with itself. */
    @Override
    public void close() {
        process.stop();
        assertThat(process.faults()).as("errors in the broker's log").isEmpty();
    }
}
