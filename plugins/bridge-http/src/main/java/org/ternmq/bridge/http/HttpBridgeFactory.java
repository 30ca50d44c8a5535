package org.ternmq.bridge.http;

import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.BridgeFactory;
import org.ternmq.spi.PluginContext;

/** {@code type: http}. */
@Extension
public final class HttpBridgeFactory implements BridgeFactory {
    /** For the plugin host. */
    public HttpBridgeFactory() {}

    @Override
    public String type() {
        return "http";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(HttpBridgeSettings.class);
    }

    /** Reads the certificates and the secret. */
    @Override
    public void check(PluginContext context) {
        HttpBridgeSettings settings = context.config(HttpBridgeSettings.class);
        settings.tls().ifPresent(Tls::context);
        settings.secretFile().ifPresent(Signature::of);
    }

    /**
     * Reads the certificates and the secret. Does not connect.
     *
     * @throws org.ternmq.spi.ConfigurationException if a setting or a file cannot be used
     */
    @Override
    public Bridge create(PluginContext context) {
        HttpBridgeSettings settings = context.config(HttpBridgeSettings.class);
        settings.secretFile().ifPresent(Signature::of);
        return new HttpBridge(settings, context);
    }
}
