package example;

import java.time.Clock;
import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Default;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.PublishInterceptor;
import org.ternmq.spi.PublishInterceptor.Verdict;
import org.ternmq.spi.PublishInterceptorFactory;

/** Adds to every message when the broker received it, as a user property (MQTT 5.0). */
@Extension
public final class StampFactory implements PublishInterceptorFactory {
    /** The block in the YAML: {type: stamp, property: received-at}. */
    public record Settings(@Default("received-at") String property) {}

    @Override
    public String type() {
        return "stamp";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(Settings.class);
    }

    @Override
    public PublishInterceptor create(PluginContext context) {
        String property = context.config(Settings.class).property();
        Clock clock = context.clock();
        return (client, message) -> new Verdict.Replace(message.toBuilder()
                .userProperty(property, clock.instant().toString())
                .build());
    }
}
