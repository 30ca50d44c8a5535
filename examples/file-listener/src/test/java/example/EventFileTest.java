package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.BrokerEvent;
import org.ternmq.spi.BrokerListener;
import org.ternmq.testkit.BrokerListenerConformance;
import org.ternmq.testkit.TestPluginContext;

class EventFileTest extends BrokerListenerConformance {
    @TempDir
    Path folder;

    @Override
    protected BrokerListener listener() throws Exception {
        return new EventFileFactory().create(new TestPluginContext("events", folder, Map.of("path", "events.log")));
    }

    @Test
    void writesALineForEachEventWhateverClientsCallThemselves() throws Exception {
        int count = 0;
        try (BrokerListener listener = listener()) {
            for (String text : HOSTILE_TEXTS) {
                for (BrokerEvent event : eventsWith(text)) {
                    listener.onEvent(event);
                    count++;
                }
            }
        }
        List<String> lines = Files.readAllLines(folder.resolve("events.log"));
        assertEquals(count, lines.size());
        assertTrue(lines.stream().allMatch(line -> line.startsWith("2026-01-01T00:00:00Z ")));
    }
}
