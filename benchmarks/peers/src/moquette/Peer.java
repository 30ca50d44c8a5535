import io.moquette.broker.Server;
import io.moquette.broker.config.MemoryConfig;
import java.util.Properties;

/** Moquette, with persistence. It keeps nothing over {@code kill -9}; it is here for the loads that ask for nothing. */
public final class Peer {
    private Peer() {}

    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("host", "127.0.0.1");
        properties.setProperty("port", arguments[0]);
        properties.setProperty("allow_anonymous", "true");
        properties.setProperty("persistence_enabled", "true");
        properties.setProperty("data_path", arguments[1]);
        properties.setProperty("telemetry_enabled", "false");
        properties.setProperty("buffer_flush_millis", "0");
        new Server().startServer(new MemoryConfig(properties));
        Thread.currentThread().join();
    }
}
