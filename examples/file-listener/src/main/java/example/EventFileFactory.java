package example;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.BrokerEvent;
import org.ternmq.spi.BrokerListener;
import org.ternmq.spi.BrokerListenerFactory;
import org.ternmq.spi.PluginContext;

/** One line for each event. For real use there is the plugin audit-log, which writes JSON and rotates. */
@Extension
public final class EventFileFactory implements BrokerListenerFactory {
    /** The block in the YAML: {type: event-file, path: events.log}. */
    public record Settings(Path path) {}

    @Override
    public String type() {
        return "event-file";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(Settings.class);
    }

    @Override
    public BrokerListener create(PluginContext context) throws IOException {
        return new EventFile(context.config(Settings.class).path());
    }

    /** Told on a thread of its own, one event at a time. */
    private static final class EventFile implements BrokerListener {
        private final BufferedWriter out;

        EventFile(Path path) throws IOException {
            out = Files.newBufferedWriter(path, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }

        @Override
        public void onEvent(BrokerEvent event) throws IOException {
            out.write(event.at() + " " + event.getClass().getSimpleName() + " " + words(event));
            out.newLine();
            out.flush();
        }

        /** New kinds come in minor versions of the SPI: one that is not known here has no words. */
        private static String words(BrokerEvent event) {
            if (event instanceof BrokerEvent.ClientConnected connected) {
                return clean(connected.client().clientId());
            } else if (event instanceof BrokerEvent.ClientDisconnected gone) {
                return clean(gone.client().clientId()) + " " + clean(gone.detail());
            } else if (event instanceof BrokerEvent.ClientRefused refused) {
                return clean(refused.clientId().orElse("-")) + " " + clean(refused.detail());
            } else if (event instanceof BrokerEvent.Subscribed subscribed) {
                return clean(subscribed.clientId()) + " " + clean(subscribed.filter());
            }
            return "";
        }

        /** Clients choose these texts, and must not forge lines. The rest that UTF-8 cannot carry becomes a '?'. */
        private static String clean(String text) {
            return new String(text.replaceAll("\\p{Cntrl}|[\\u2028\\u2029\\u0085]", "?").getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }
}
