package org.ternmq.embedded;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * An embedded broker for tests with JUnit Jupiter. One for all tests of a class, nested ones included:
 *
 * <pre>{@code
 * @ExtendWith(TernMqExtension.class)
 * class MyTest {
 *     @Test
 *     void connects(EmbeddedBroker broker) { … }
 * }
 * }</pre>
 *
 * <p>or, with settings, in a static field; in a field that is not static, a new one for each test:
 *
 * <pre>{@code
 * @RegisterExtension
 * static final TernMqExtension TERNMQ = TernMqExtension.of(EmbeddedBroker.builder().plugin(new MyFactory()).yaml("…"));
 *
 * @Test
 * void connects(@TernMqExtension.Host String host, @TernMqExtension.Port int port) { … }
 * }</pre>
 */
public final class TernMqExtension
        implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback, ParameterResolver {
    /** Marks a parameter of type {@code String} that is to be the broker's address. */
    @Target(ElementType.PARAMETER)
    @Retention(RetentionPolicy.RUNTIME)
    public @interface Host {}

    /** Marks a parameter of type {@code int} that is to be the broker's port. */
    @Target(ElementType.PARAMETER)
    @Retention(RetentionPolicy.RUNTIME)
    public @interface Port {}

    /** A broker and the context that ends it. */
    private record Running(EmbeddedBroker broker, String owner) {}

    private final EmbeddedBroker.Builder builder;

    /** A broker without settings; called by JUnit. */
    public TernMqExtension() {
        this(EmbeddedBroker.builder());
    }

    private TernMqExtension(EmbeddedBroker.Builder builder) {
        this.builder = builder;
    }

    /** Brokers of this builder. */
    public static TernMqExtension of(EmbeddedBroker.Builder builder) {
        return new TernMqExtension(builder);
    }

    private ExtensionContext.Store store(ExtensionContext context) {
        return context.getStore(ExtensionContext.Namespace.create(TernMqExtension.class, this));
    }

    private @Nullable Running running(ExtensionContext context) {
        return store(context).get(TernMqExtension.class, Running.class);
    }

    private void startUnlessRunning(ExtensionContext context) {
        if (running(context) == null) {
            store(context).put(TernMqExtension.class, new Running(builder.start(), context.getUniqueId()));
        }
    }

    private void closeIfOwn(ExtensionContext context) {
        Running running = running(context);
        if (running != null && running.owner().equals(context.getUniqueId())) {
            store(context).remove(TernMqExtension.class);
            running.broker().close();
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        startUnlessRunning(context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        closeIfOwn(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        startUnlessRunning(context);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        closeIfOwn(context);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == EmbeddedBroker.class
                || type == String.class && parameter.isAnnotated(Host.class)
                || type == int.class && parameter.isAnnotated(Port.class);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Running running = running(context);
        if (running == null) {
            throw new IllegalStateException("the broker of a field that is not static runs during tests only");
        }
        EmbeddedBroker broker = running.broker();
        return parameter.isAnnotated(Host.class)
                ? broker.host()
                : parameter.isAnnotated(Port.class) ? broker.port() : broker;
    }
}
