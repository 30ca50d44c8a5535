package org.ternmq.system;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * The shipped broker with every check on: assertions, a record of every buffer, little memory; what stays behind when clients
 * are gone stays for a short time only. Its log is read line by line. Any thread may ask it.
 */
final class FuzzBroker implements AutoCloseable {
    /** Sessions, retained messages and queues are bounded, so that memory that grows is memory that is lost. */
    private static final String CONFIGURATION = """
            listeners:
              - {name: mqtt, bind: "127.0.0.1:0"}
            storage: {type: memory}
            limits:
              max-packet-size: 256KiB
              session-expiry-max: 3s
              queue-messages: 100
              queue-bytes: 256KiB
              retained-messages: 200
              retained-bytes: 1MiB
            guard: {take-overs-per-minute: 1000000}
            """;

    /** All heap is touched at the start, so that the process grows by native memory only. */
    private static final String FLAGS =
            "-ea -Xms192m -Xmx192m -XX:+AlwaysPreTouch -XX:+ExitOnOutOfMemoryError -Dio.netty.leakDetection.level=paranoid"
                    + " -Dio.netty.maxDirectMemory=134217728 ";

    private final FuzzLog log = new FuzzLog();
    private final BrokerProcess process;
    private final JMXConnector connector;
    private final MBeanServerConnection beans;

    FuzzBroker(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path config = Files.writeString(folder.resolve("ternmq.yaml"), CONFIGURATION);
        ProcessBuilder command = TernMq.shipped()
                .command(
                        "start",
                        "--config",
                        config.toString(),
                        "--data",
                        folder.resolve("data").toString());
        command.environment().put("TERNMQ_JVM_OPTS", FLAGS + System.getProperty("ternmq.jvm.opts", ""));
        process = new BrokerProcess(command, folder, log);
        process.awaitReady();
        try {
            VirtualMachine machine = VirtualMachine.attach(Long.toString(process.pid()));
            String address = machine.startLocalManagementAgent();
            machine.detach();
            connector = JMXConnectorFactory.connect(new JMXServiceURL(address));
        } catch (AttachNotSupportedException e) {
            throw new IOException(e);
        }
        beans = connector.getMBeanServerConnection();
    }

    /** Counts lines that come with every client and keeps the others. */
    private static final class FuzzLog implements Predicate<String> {
        /** A line of the log; what clients send must not be able to begin another one. */
        private static final Pattern LINE = Pattern.compile(
                "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z (INFO |WARN |ERROR|TernMQ) .*|TernMQ .*");

        private final AtomicLong online = new AtomicLong();
        private volatile boolean fault;

        @Override
        public boolean test(String line) {
            if (line.contains(" INFO  connected    client=")) {
                online.incrementAndGet();
                return false;
            } else if (line.contains(" INFO  disconnected client=")) {
                online.decrementAndGet();
                return false;
            } else if (line.contains(" INFO  refused      client=") || line.contains(" WARN  dropped      client=")) {
                return false;
            }
            fault |= isFault(line);
            return true;
        }

        static boolean isFault(String line) {
            return line.contains(" ERROR ")
                    || line.contains("LEAK:")
                    || !LINE.matcher(line).matches();
        }
    }

    int port() {
        return process.port();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Whether it has said that something is wrong with itself, or something that is no line of the log. */
    boolean isFaulty() {
        return log.fault || !process.isAlive();
    }

    /** The lines that {@link #isFaulty()} means. */
    List<String> faults() {
        return process.lines().stream().filter(FuzzLog::isFault).limit(60).toList();
    }

    /** All lines but those that every client makes. */
    List<String> lines() {
        return process.lines();
    }

    /** Clients that came in and are not gone, by the log. */
    long online() {
        return log.online.get();
    }

    /** Connections that the operating system knows, in any state but TIME_WAIT and LISTEN; none where it does not tell. */
    long connections() {
        String end = String.format(":%04X", port());
        return Stream.of("tcp", "tcp6")
                .map(name -> Path.of("/proc/net", name))
                .filter(Files::isReadable)
                .flatMap(FuzzBroker::readLines)
                .map(line -> line.strip().split(" +"))
                .filter(words -> words.length > 3 && words[1].endsWith(end))
                .filter(words -> !words[3].equals("06") && !words[3].equals("0A"))
                .count();
    }

    private static Stream<String> readLines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** KiB of heap in use after a collection. */
    long heap() throws IOException {
        MemoryMXBean memory = ManagementFactory.newPlatformMXBeanProxy(
                beans, ManagementFactory.MEMORY_MXBEAN_NAME, MemoryMXBean.class);
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed() >> 10;
    }

    /** What is on the heap, the most of it first. */
    String histogram() throws IOException, JMException {
        Object text = beans.invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                "gcClassHistogram",
                new Object[] {new String[0]},
                new String[] {String[].class.getName()});
        return text.toString().lines().limit(40).collect(Collectors.joining("\n"));
    }

    int threads() throws IOException {
        return ManagementFactory.newPlatformMXBeanProxy(beans, ManagementFactory.THREAD_MXBEAN_NAME, ThreadMXBean.class)
                .getThreadCount();
    }

    /** KiB of memory of the process, heap included; 0 where the operating system does not tell. */
    long resident() {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        return Files.isReadable(status)
                ? readLines(status)
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .sum()
                : 0;
    }

    /** SIGTERM, and the exit code; all that it said meanwhile is read, too. */
    int stop() throws IOException, InterruptedException {
        connector.close();
        process.signal("TERM");
        return process.waitForExit(Duration.ofSeconds(30));
    }

    /** Milliseconds since a time of {@link System#nanoTime()}. */
    static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    @Override
    public void close() {
        process.close();
    }
}
