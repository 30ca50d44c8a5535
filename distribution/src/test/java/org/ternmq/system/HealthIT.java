package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.ThreadReference;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import com.sun.jdi.connect.Connector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.system.AdminClient.Answer;

/** What is seen of a broker of which one thread does not go on, as a debugger holds it. */
@Timeout(120)
final class HealthIT {
    private static final Pattern LISTENING = Pattern.compile("Listening for transport dt_socket at address: (\\d+)");

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private static VirtualMachine attach(BrokerProcess broker) throws Exception {
        Matcher said = LISTENING.matcher(
                broker.awaitLine("Listening for transport", Duration.ZERO).orElseThrow());
        assertThat(said.find()).isTrue();
        AttachingConnector sockets = Bootstrap.virtualMachineManager().attachingConnectors().stream()
                .filter(connector -> connector.name().equals("com.sun.jdi.SocketAttach"))
                .findFirst()
                .orElseThrow();
        Map<String, Connector.Argument> arguments = sockets.defaultArguments();
        arguments.get("hostname").setValue("127.0.0.1");
        arguments.get("port").setValue(said.group(1));
        return sockets.attach(arguments);
    }

    private static void soon(ThrowingRunnable check) {
        await().atMost(Duration.ofSeconds(30)).untilAsserted(check);
    }

    /** A systemd-notify that writes down what it is asked to tell. */
    private static Path notifier(Path bin, Path told) throws IOException {
        Files.createDirectories(bin);
        Path script = Files.writeString(bin.resolve("systemd-notify"), "#!/bin/sh\necho \"$*\" >>'" + told + "'\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return bin;
    }

    private static int signs(Path told) throws IOException {
        return Files.exists(told) ? Files.readAllLines(told).size() : 0;
    }

    @Test
    void aThreadThatDoesNotGoOnIsToldAndTheBrokerCountsAsDead() throws Exception {
        BrokerFolder folder = brokers.folder("health").configure(BrokerFolder.ONE_LISTENER + """
                admin: {bind: "127.0.0.1:0"}
                event-loops: 2
                health: {tell-after: 500ms, down-after: 2s}
                """);
        Path told = folder.file("told");
        ProcessBuilder command = TernMq.shipped()
                .command(
                        "start",
                        "--config",
                        folder.config().toString(),
                        "--data",
                        folder.data().toString());
        Map<String, String> environment = command.environment();
        environment.put("PATH", notifier(folder.file("bin"), told) + ":" + environment.get("PATH"));
        environment.put("NOTIFY_SOCKET", folder.file("socket").toString());
        environment.put("WATCHDOG_USEC", "600000");
        environment.merge(
                "TERNMQ_JVM_OPTS",
                "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:0",
                (flags, flag) -> flags + " " + flag);
        try (BrokerProcess broker = new BrokerProcess(command, folder.file("."))) {
            broker.awaitReady();
            AdminClient admin = AdminClient.of(broker, folder).with("");
            soon(() -> assertThat(signs(told)).isGreaterThan(2));
            assertThat(Files.readAllLines(told)).containsOnly("WATCHDOG=1");
            assertThat(admin.get("/health/live").status()).isEqualTo(200);

            VirtualMachine machine = attach(broker);
            ThreadReference loop = machine.allThreads().stream()
                    .filter(thread -> thread.name().startsWith("loop-"))
                    .findFirst()
                    .orElseThrow();
            loop.suspend();
            soon(() ->
                    assertThat(broker.log()).containsPattern("Thread loop-\\d has not gone on for \\d+ ms. It is at"));
            soon(() -> {
                Answer live = admin.get("/health/live");
                assertThat(live.status()).isEqualTo(503);
                assertThat(live.body()).containsPattern("thread loop-\\d has not gone on for \\d+ s");
            });
            assertThat(admin.get("/health/ready").status()).isEqualTo(503);
            soon(() -> assertThat(broker.log()).contains("systemd gets no sign of life any more"));
            int given = signs(told);
            assertThat(AdminClient.of(broker, folder).get("/metrics").body())
                    .containsPattern("ternmq_thread_stalls_total\\{thread=\"loop-\\d\"} 1.0");
            assertThat(signs(told)).isLessThanOrEqualTo(given + 1); // one may have been under way

            loop.resume();
            machine.dispose();
            soon(() -> assertThat(admin.get("/health/live").status()).isEqualTo(200));
            soon(() -> assertThat(signs(told)).isGreaterThan(given + 2));
            assertThat(broker.log()).containsPattern("Thread loop-\\d goes on after \\d+ ms");
        }
    }
}
