package org.ternmq.bridge.mqtt;

import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.BridgeFactory;
import org.ternmq.spi.PluginContext;

/** {@code type: mqtt}. */
@Extension
public final class MqttBridgeFactory implements BridgeFactory {
    /** For the plugin host. */
    public MqttBridgeFactory() {}

    @Override
    public String type() {
        return "mqtt";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(MqttBridgeSettings.class);
    }

    /**
     * Reads the certificates and the password. Does not connect.
     *
     * @throws org.ternmq.spi.ConfigurationException if a setting or a file cannot be used
     */
    @Override
    public Bridge create(PluginContext context) {
        MqttBridgeSettings settings = context.config(MqttBridgeSettings.class);
        return new MqttBridge(settings, context, new Connector(settings));
    }
}
