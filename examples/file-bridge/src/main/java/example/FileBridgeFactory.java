package example;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.pf4j.Extension;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.BridgeFactory;
import org.ternmq.spi.Message;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.QoS;

/**
 * Carries messages to a file, a line for each: topic, space, payload in Base64. The other side is the folder of the file, on a
 * disk that may be unplugged: while it is away, messages wait in the broker. A message may be written twice, and is never lost.
 */
@Extension
public final class FileBridgeFactory implements BridgeFactory {
    /** The block in the YAML: {name: archive, type: to-file, path: /mnt/disk/archive.log, filter: "plant/#"}. */
    public record Settings(Path path, String filter) {}

    @Override
    public String type() {
        return "to-file";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(Settings.class);
    }

    @Override
    public Bridge create(PluginContext context) {
        Settings settings = context.config(Settings.class);
        return new FileBridge(settings.path(), settings.filter(), context.executor());
    }

    private static final class FileBridge implements Bridge {
        /** A message, and whom to tell when it is on the disk. */
        private record Waiting(Message message, CompletableFuture<Void> written) {}

        private final Path path;
        private final String filter;
        private final ScheduledExecutorService executor;
        private final List<Waiting> waiting = new ArrayList<>();
        private State state = State.DISCONNECTED;
        private boolean closed;

        FileBridge(Path path, String filter, ScheduledExecutorService executor) {
            this.path = path;
            this.filter = filter;
            this.executor = executor;
        }

        @Override
        public void start(BrokerLink link) {
            // At QoS 1: a line could be written and the broker killed before it hears of it.
            link.subscribe(List.of(new Filter(filter, QoS.AT_LEAST_ONCE)), delivery -> take(delivery.message()));
            executor.scheduleWithFixedDelay(() -> writeAll(link), 0, 50, TimeUnit.MILLISECONDS);
        }

        private synchronized CompletionStage<Void> take(Message message) {
            CompletableFuture<Void> written = new CompletableFuture<>();
            waiting.add(new Waiting(message, written));
            return written;
        }

        /** One write and one flush of the disk for all that came meanwhile. */
        private synchronized void writeAll(BrokerLink link) {
            if (closed) {
                return;
            }
            if (!Files.isDirectory(path.getParent())) {
                tell(link, State.DISCONNECTED, "there is no folder " + path.getParent());
                return;
            }
            ByteArrayOutputStream lines = new ByteArrayOutputStream();
            for (Waiting each : waiting) {
                lines.writeBytes(line(each.message()));
            }
            try (FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                ByteBuffer bytes = ByteBuffer.wrap(lines.toByteArray());
                while (bytes.hasRemaining()) {
                    file.write(bytes);
                }
                file.force(false);
            } catch (IOException e) {
                tell(link, State.DISCONNECTED, e.toString()); // what is half written is written again
                return;
            }
            tell(link, State.CONNECTED, path.toString());
            waiting.forEach(each -> each.written().complete(null));
            waiting.clear();
        }

        private static byte[] line(Message message) {
            byte[] payload = new byte[message.payload().remaining()];
            message.payload().duplicate().get(payload);
            // Topics may hold any character but U+0000: one that ends a line must not end ours.
            String topic = message.topic().replaceAll("\\s|\\p{Cntrl}", "?");
            return (topic + " " + Base64.getEncoder().encodeToString(payload) + "\n").getBytes(StandardCharsets.UTF_8);
        }

        private void tell(BrokerLink link, State now, String detail) {
            if (now != state) {
                state = now;
                link.state(now, detail);
            }
        }

        /** What waits here is not completed, so the broker hands it over again after the next start. */
        @Override
        public synchronized void close() {
            closed = true;
        }
    }
}
