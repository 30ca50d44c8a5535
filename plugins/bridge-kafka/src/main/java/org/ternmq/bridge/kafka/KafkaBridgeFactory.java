package org.ternmq.bridge.kafka;

import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.BridgeFactory;
import org.ternmq.spi.PluginContext;

/** {@code type: kafka}. */
@Extension
public final class KafkaBridgeFactory implements BridgeFactory {
    /** For the plugin host. */
    public KafkaBridgeFactory() {}

    @Override
    public String type() {
        return "kafka";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(KafkaBridgeSettings.class);
    }

    /** Reads the files, and has Kafka's client look at its properties. */
    @Override
    public void check(PluginContext context) {
        new ClientProperties(context.config(KafkaBridgeSettings.class), context.name()).check();
    }

    /**
     * Reads the files, and has Kafka's client look at its properties. Does not connect.
     *
     * @throws org.ternmq.spi.ConfigurationException if a setting or a file cannot be used
     */
    @Override
    public Bridge create(PluginContext context) {
        KafkaBridgeSettings settings = context.config(KafkaBridgeSettings.class);
        ClientProperties properties = new ClientProperties(settings, context.name());
        properties.check();
        return new KafkaBridge(settings, properties, context);
    }
}
