package org.ternmq.broker.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The configuration as it was written: the YAML file, what {@code --set} puts over it, with environment variables
 * replaced, and of every value the place it came from. Immutable.
 */
public final class ConfigSource {
    private static final long MAX_BYTES = 4 << 20;

    private final ConfigNode.Mapping root;
    private final Path base;

    private ConfigSource(ConfigNode.Mapping root, Path base) {
        this.root = root;
        this.base = base;
    }

    /**
     * Reads a file and what is set over it. What is wrong becomes a problem, and the rest is still there.
     *
     * @param file the YAML file; none is as good as an empty one
     * @param base the folder that relative paths are relative to if there is no file; with one it is the file's folder
     * @param sets {@code path.to.key=value} each, later ones win
     * @param environment the variables
     * @param problems takes what is wrong
     */
    public static ConfigSource read(
            Optional<Path> file, Path base, List<String> sets, Map<String, String> environment, Problems problems) {
        String name = file.map(Path::toString).orElse("default");
        Path folder = file.map(f -> f.toAbsolutePath().normalize().getParent()).orElse(base.toAbsolutePath());
        String text = file.map(f -> contents(f, problems)).orElse("");
        return of(name, text, folder, sets, environment, problems);
    }

    /**
     * Reads a text as a file of that name would be read.
     *
     * @param name how problems call it
     * @param text YAML
     * @param base the folder that relative paths are relative to
     * @param sets {@code path.to.key=value} each, later ones win
     * @param environment the variables
     * @param problems takes what is wrong
     */
    public static ConfigSource of(
            String name,
            String text,
            Path base,
            List<String> sets,
            Map<String, String> environment,
            Problems problems) {
        Variables variables = new Variables(environment);
        ConfigNode.Mapping root = new ConfigNode.Mapping(new Origin(name, 1, 1), Map.of());
        ConfigNode read = new YamlReader(name, true, variables, problems).read(new StringReader(text), "");
        if (read instanceof ConfigNode.Mapping m) {
            root = m;
        } else if (read instanceof ConfigNode.Scalar || read instanceof ConfigNode.Sequence) {
            problems.configuration(read.origin(), "", "expected keys such as 'listeners:', found " + read.describe());
        }
        root = withDefaultListener(root);
        Overrides overrides = new Overrides(variables, problems);
        for (String set : sets) {
            root = overrides.apply(root, set);
        }
        return new ConfigSource(root, base.toAbsolutePath().normalize());
    }

    /** Put in before {@code --set}, so that {@code --set listeners[0].bind=…} finds something to change. */
    private static ConfigNode.Mapping withDefaultListener(ConfigNode.Mapping root) {
        ConfigNode.Entry written = root.entries().get("listeners");
        if (written != null && !(written.value() instanceof ConfigNode.Empty)) {
            return root;
        }
        Origin at = Origin.of("default");
        Map<String, ConfigNode.Entry> keys = new LinkedHashMap<>();
        keys.put("name", new ConfigNode.Entry(at, new ConfigNode.Scalar(at, "mqtt", "mqtt")));
        keys.put("bind", new ConfigNode.Entry(at, new ConfigNode.Scalar(at, "127.0.0.1:1883", "127.0.0.1:1883")));
        ConfigNode list = new ConfigNode.Sequence(at, List.of(new ConfigNode.Mapping(at, keys)));
        return root.with("listeners", new ConfigNode.Entry(at, list));
    }

    private static String contents(Path file, Problems problems) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                problems.configuration(file + ": larger than 4MiB");
                return "";
            }
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
                    .toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (NoSuchFileException e) {
            problems.configuration(file + ": there is no such file");
        } catch (CharacterCodingException e) {
            problems.configuration(file + ": not valid UTF-8");
        } catch (IOException e) {
            problems.configuration(file + ": cannot be read: " + reason(e));
        }
        return "";
    }

    private static String reason(IOException e) {
        @Nullable String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    /** The whole configuration, for {@link Place#at(String)}. */
    public Place place() {
        return new Place(root, "");
    }

    /** The absolute folder that relative paths are relative to. */
    public Path base() {
        return base;
    }
}
