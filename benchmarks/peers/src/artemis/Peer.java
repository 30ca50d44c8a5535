import java.nio.file.Path;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;

/** Apache Artemis with its NIO journal, synced before it acknowledges, without limits that the load would meet. */
public final class Peer {
    private Peer() {}

    public static void main(String[] arguments) throws Exception {
        Path data = Path.of(arguments[1]);
        Configuration config = new ConfigurationImpl()
                .setPersistenceEnabled(true)
                .setSecurityEnabled(false)
                .setJournalType(JournalType.NIO)
                .setJournalDatasync(true)
                .setJournalDirectory(data.resolve("journal").toString())
                .setBindingsDirectory(data.resolve("bindings").toString())
                .setLargeMessagesDirectory(data.resolve("large").toString())
                .setPagingDirectory(data.resolve("paging").toString())
                .setMaxDiskUsage(100)
                .addAcceptorConfiguration(
                        "mqtt",
                        "tcp://127.0.0.1:" + arguments[0] + "?protocols=MQTT;tcpNoDelay=true;receiveMaximum=65535")
                .addAddressSetting("#", new AddressSettings().setMaxSizeBytes(-1).setAutoCreateQueues(true));
        new EmbeddedActiveMQ().setConfiguration(config).start();
        Thread.currentThread().join();
    }
}
