package example;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.Bridge;
import org.ternmq.testkit.BridgeConformance;
import org.ternmq.testkit.TestPluginContext;

class FileBridgeTest extends BridgeConformance {
    @TempDir
    Path folder;

    private Path disk() {
        return folder.resolve("disk");
    }

    private Path unplugged() {
        return folder.resolve("unplugged");
    }

    @Override
    protected Bridge bridge() {
        return new FileBridgeFactory()
                .create(new TestPluginContext(
                        "archive", folder, Map.of("path", disk().resolve("archive.log").toString(), "filter", "out/#")));
    }

    @Override
    protected void comeBack() throws IOException {
        if (Files.exists(unplugged())) {
            Files.move(unplugged(), disk());
        } else {
            Files.createDirectories(disk());
        }
    }

    @Override
    protected void goAway() throws IOException {
        if (Files.exists(disk())) {
            Files.move(disk(), unplugged());
        }
    }

    @Override
    protected List<String> arrivedThere() {
        Path log = (Files.exists(disk()) ? disk() : unplugged()).resolve("archive.log");
        try {
            return Files.readAllLines(log).stream()
                    .map(line -> line.substring(line.indexOf(' ') + 1))
                    .map(text -> new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected void sendFromThere(String payload) {
        throw new UnsupportedOperationException("nothing comes from a file");
    }

    // Of the other direction there is nothing here.

    @Override
    protected void leavesWithTheOtherSideWhatIsNotSafe() {}

    @Override
    protected void goesOnAfterARefusal() {}
}
