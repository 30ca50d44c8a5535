package org.ternmq.acl.file;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.AuthorizerFactory;
import org.ternmq.spi.Default;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.RulesChanged;

/** {@code type: file}. */
@Extension
public final class FileAuthorizerFactory implements AuthorizerFactory {
    /** How the file is written. */
    enum Format {
        /** Roles, users and groups. */
        YAML,
        /** As {@code acl_file} of Mosquitto. */
        MOSQUITTO
    }

    /**
     * The settings.
     *
     * @param path the file of rules, relative to the configuration file
     * @param format how it is written
     * @param watch how often to look whether the file has changed; if left out, only a reload reads it again
     */
    record Settings(Path path, @Default("yaml") Format format, Optional<Duration> watch) {
        Settings {
            if (watch.filter(every -> every.toMillis() <= 0).isPresent()) {
                throw new IllegalArgumentException("watch must be longer than 0; without it the file is not watched");
            }
        }
    }

    /** For the plugin host. */
    public FileAuthorizerFactory() {}

    @Override
    public String type() {
        return "file";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(Settings.class);
    }

    @Override
    public void check(PluginContext context) {
        Settings settings = context.config(Settings.class);
        FileAuthorizer.read(settings.path(), settings.format());
    }

    /**
     * Reads the file.
     *
     * @throws org.ternmq.spi.ConfigurationException if the file cannot be read, or something in it is no rule
     */
    @Override
    public Authorizer create(PluginContext context, RulesChanged changed) {
        return new FileAuthorizer(context, context.config(Settings.class), changed);
    }
}
