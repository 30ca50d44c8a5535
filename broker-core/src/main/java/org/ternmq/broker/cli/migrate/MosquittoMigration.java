package org.ternmq.broker.cli.migrate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes the files of a broker from those of a Mosquitto. Never changes what it reads. Used once, by one thread. */
public final class MosquittoMigration {
    private final Path source;
    private final Path folder;
    private final boolean bridgesInstalled;
    private final MigrationReport report = new MigrationReport();

    /**
     * Prepares.
     *
     * @param source {@code mosquitto.conf}
     * @param folder where to write; new or empty
     * @param bridgesInstalled whether a plugin offers bridges of type mqtt
     */
    public MosquittoMigration(Path source, Path folder, boolean bridgesInstalled) {
        this.source = source.toAbsolutePath().normalize();
        this.folder = folder.toAbsolutePath().normalize();
        this.bridgesInstalled = bridgesInstalled;
    }

    /** What became of each line, once {@link #run} has ended. */
    public MigrationReport report() {
        return report;
    }

    /** The new configuration. */
    public Path config() {
        return folder.resolve("ternmq.yaml");
    }

    /**
     * Reads and writes.
     *
     * @throws IOException with words for people if the configuration cannot be read or the folder not be written
     */
    public void run() throws IOException {
        Path parent = source.getParent();
        InputFiles files = new InputFiles(parent == null ? source : parent);
        MosquittoConf conf = MosquittoConf.read(source, files, report);
        OutputFolder out = OutputFolder.make(folder);
        Listeners listeners = new Listeners(conf, files, out, report);
        listeners.migrate();
        Map<String, Object> rest = new LinkedHashMap<>();
        new Security(conf, files, out, report, listeners).migrate(rest);
        new Settings(conf, report).migrate(rest);
        new Bridges(conf, files, out, report, bridgesInstalled).migrate(rest);
        conf.all().forEach(line -> MosquittoKeys.finish(line, report));
        Map<String, Object> yaml = new LinkedHashMap<>();
        yaml.put("listeners", listeners(listeners));
        yaml.putAll(rest);
        YamlWriter writer = new YamlWriter();
        writer.comment("From " + source + "; report.txt says what became of each of its lines.");
        writer.write(yaml);
        out.write("ternmq.yaml", writer.text());
    }

    /** Writes the report beside the rest, once nothing is added to it any more. */
    public void writeReport() throws IOException {
        OutputFolder.existing(folder).write("report.txt", report.text());
    }

    private List<Object> listeners(Listeners listeners) {
        if (!listeners.kept().isEmpty()) {
            return listeners.blocks();
        }
        report.problem("no listener could be taken over: one that nobody can come in by stands in their place");
        List<Object> all = new ArrayList<>();
        Map<String, Object> placeholder = new LinkedHashMap<>();
        placeholder.put("name", "mqtt");
        placeholder.put("bind", "127.0.0.1:1883");
        all.add(placeholder);
        all.addAll(listeners.blocks());
        return all;
    }
}
