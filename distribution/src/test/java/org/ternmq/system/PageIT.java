package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Isolated;
import org.ternmq.system.RawClient.Connect;

/** The page of the admin interface that is shipped, in a browser; its steps are in src/test/page/page.js. Pictures are in target/page. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
@Isolated("a browser and a broker are as much as two cores bear")
final class PageIT {
    private static final String CONFIGURATION = """
            listeners:
              - {name: mqtt, bind: "127.0.0.1:0"}
              - {name: web, bind: "127.0.0.1:0", websocket: {path: /mqtt, allowed-origins: ["*"]}}
            admin: {bind: "127.0.0.1:0"}
            """;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    @Test
    void thePageWorksInABrowser() throws Exception {
        String chromium = External.program("chromium");
        Path script = Npm.installed("page", "page.js", "playwright-core");
        BrokerFolder folder = brokers.folder("page").configure(CONFIGURATION);
        Files.createDirectories(folder.data());
        TernMq.Result viewer = TernMq.shipped()
                .run(
                        "token",
                        "add",
                        "watch",
                        "--role",
                        "viewer",
                        "--file",
                        folder.data().resolve("admin-tokens").toString());
        assertThat(viewer.exit()).as(viewer.err()).isZero();
        BrokerProcess broker = folder.start();
        Path pictures = Files.createDirectories(Path.of("target", "page", "pictures"));
        try (RawClient hostile =
                        RawClient.connect(broker.port(), 5, Connect.persistent("<img src=x onerror=alert(1)>"));
                RawClient other = RawClient.connect(broker.port(), 4, Connect.clean("meter-17"))) {
            hostile.subscribe("evil/#", 1);
            other.subscribe("plant/+/temperature", 0);
            TernMq.Result walked = TernMq.finish(
                    new ProcessBuilder(
                                    "node",
                                    script.toString(),
                                    chromium,
                                    "http://127.0.0.1:" + broker.port("admin") + "/",
                                    folder.data().resolve("admin-token").toString(),
                                    viewer.out().strip(),
                                    Integer.toString(broker.port("web")),
                                    pictures.toString())
                            .start(),
                    "",
                    "page.js");
            assertThat(walked.out().strip()).as(walked.err()).isEqualTo("done");
        }
        assertThat(broker.faults()).isEmpty();
    }
}
