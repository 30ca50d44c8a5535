package org.ternmq.broker.plugin;

import java.util.Arrays;
import java.util.List;
import org.ternmq.spi.AdminFactory;
import org.ternmq.spi.AuthenticatorFactory;
import org.ternmq.spi.AuthorizerFactory;
import org.ternmq.spi.BridgeFactory;
import org.ternmq.spi.BrokerListenerFactory;
import org.ternmq.spi.EnhancedAuthenticatorFactory;
import org.ternmq.spi.PluginFactory;
import org.ternmq.spi.PublishInterceptorFactory;
import org.ternmq.spi.StorageFactory;

/** What a plugin can offer. A type is unique within its kind. */
public enum PluginKind {
    /** For {@code storage}. */
    STORAGE("storage", StorageFactory.class),
    /** For {@code authentication.use}. */
    AUTHENTICATOR("authenticator", AuthenticatorFactory.class),
    /** For {@code authentication.use}, beside or instead of an authenticator of the same type. */
    ENHANCED_AUTHENTICATOR("enhanced authenticator", EnhancedAuthenticatorFactory.class),
    /** For {@code authorization.use}. */
    AUTHORIZER("authorizer", AuthorizerFactory.class),
    /** For {@code bridges}. */
    BRIDGE("bridge", BridgeFactory.class),
    /** For {@code events}. */
    EVENT_LISTENER("event listener", BrokerListenerFactory.class),
    /** For {@code interceptors}. */
    INTERCEPTOR("interceptor", PublishInterceptorFactory.class),
    /** For {@code admin}. */
    ADMIN("admin interface", AdminFactory.class);

    private final String words;
    private final Class<? extends PluginFactory> factory;

    PluginKind(String words, Class<? extends PluginFactory> factory) {
        this.words = words;
        this.factory = factory;
    }

    /** The interface that a plugin implements. */
    public Class<? extends PluginFactory> factory() {
        return factory;
    }

    /** The kinds that a class offers; several if it implements several interfaces. */
    static List<PluginKind> of(Class<?> type) {
        return Arrays.stream(values())
                .filter(kind -> kind.factory.isAssignableFrom(type))
                .toList();
    }

    /** In words, as messages use it. */
    @Override
    public String toString() {
        return words;
    }
}
