package org.ternmq.acl.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.acl.file.FileAuthorizerFactory.Format;
import org.ternmq.acl.file.FileAuthorizerFactory.Settings;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.FileWatch;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.RulesChanged;

/**
 * Has the rules of one file. {@link #reload} reads it anew and then has every client's rules fetched again; if it cannot be
 * used, the rules before it stay.
 */
final class FileAuthorizer implements Authorizer {
    private static final Logger LOG = LoggerFactory.getLogger(FileAuthorizer.class);

    private final String name;
    private final Settings settings;
    private final RulesChanged changed;
    private final Future<?> watching;
    private volatile AccessList rules;

    /**
     * Reads the file, and begins to watch it if that is asked for.
     *
     * @throws ConfigurationException if it cannot be used, with every reason
     */
    FileAuthorizer(PluginContext context, Settings settings, RulesChanged changed) {
        this.name = context.name();
        this.settings = settings;
        this.changed = changed;
        FileWatch watch = new FileWatch(settings.path(), this::fileChanged);
        this.rules = read(settings.path(), settings.format());
        this.watching = settings.watch()
                .<Future<?>>map(every -> watch.start(context.executor(), every))
                .orElseGet(() -> CompletableFuture.completedFuture(null));
    }

    /**
     * Reads a file.
     *
     * @throws ConfigurationException if it cannot be used, with every reason
     */
    static AccessList read(Path file, Format format) {
        String text;
        try {
            byte[] bytes = Files.readAllBytes(file);
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (NoSuchFileException e) {
            throw new ConfigurationException(file + ": there is no such file");
        } catch (CharacterCodingException e) {
            throw new ConfigurationException(file + ": is not UTF-8 text");
        } catch (IOException e) {
            throw new ConfigurationException(file + ": cannot be read: " + e);
        }
        return switch (format) {
            case YAML -> YamlFile.read(file, text);
            case MOSQUITTO -> MosquittoFile.read(file, text);
        };
    }

    @Override
    public AccessRules rulesFor(ClientInfo client) {
        return rules.rulesFor(client);
    }

    @Override
    public synchronized void reload() {
        rules = read(settings.path(), settings.format());
        changed.forEveryone();
    }

    private void fileChanged() {
        try {
            reload();
            LOG.info("{}: {} has changed and was read again", name, settings.path());
        } catch (ConfigurationException e) {
            LOG.error("{}: the file has changed, but the old rules stay in force: {}", name, e.getMessage());
        }
    }

    @Override
    public void close() {
        watching.cancel(false);
    }

    @Override
    public String toString() {
        return "rules of " + settings.path();
    }
}
