package org.ternmq.system;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.journal.DeliveryRecords;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.journal.Keyspaces.NamedKey;
import org.ternmq.broker.journal.SessionRecord;
import org.ternmq.broker.journal.SubscriptionRecord;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.RetainHandling;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.QoS;
import org.ternmq.spi.Storage;
import org.ternmq.spi.Storage.Durability;
import org.ternmq.spi.StorageFactory;
import org.ternmq.spi.WriteBatch;

/**
 * Makes a RocksDB store with many sessions that are away and have messages waiting, to measure a start on it
 * (docs/performance.md): always the same one for the same numbers. Every other message is for ten sessions, which share its
 * body.
 *
 * <p>Arguments: the shipped tree, the data folder, sessions, messages for each.
 */
final class QueueStore {
    private static final int SHARING = 10;
    private static final int PAYLOAD = 100;

    private final Storage storage;
    private final DeliveryRecords records = new DeliveryRecords();
    private long sequence;

    private QueueStore(Storage storage) {
        this.storage = storage;
    }

    public static void main(String[] arguments) throws Exception {
        Path data = Files.createDirectories(Path.of(arguments[1])).toAbsolutePath();
        PluginBlock block = BrokerConfig.parse("").storage().plugin();
        PluginHost host = PluginHost.load(Path.of(arguments[0]).resolve("plugins"), new Problems());
        StorageFactory factory = host.find(StorageFactory.class, block.type()).orElseThrow();
        int sessions = Integer.parseInt(arguments[2]);
        int each = Integer.parseInt(arguments[3]);
        try (Storage storage = factory.open(host.contextFor(block, factory, data, Clock.systemUTC()), Keyspaces.ALL)) {
            new QueueStore(storage).fill(sessions, each);
        }
        System.out.println(sessions + " sessions with " + each + " messages each in " + data);
        host.close();
    }

    private void fill(int sessions, int each) {
        WriteBatch first = new WriteBatch().put(Keyspaces.META, Keyspaces.SCHEMA_KEY, Keyspaces.SCHEMA);
        for (int i = 0; i < sessions; i++) {
            first.put(Keyspaces.SESSIONS, name(i), new SessionRecord(0xFFFF_FFFFL, 1, null));
            first.put(
                    Keyspaces.SUBSCRIPTIONS,
                    new NamedKey(name(i), "to/" + i / SHARING + "/#"),
                    new SubscriptionRecord(QoS.AT_LEAST_ONCE, false, false, RetainHandling.SEND, 0));
        }
        storage.write(List.of(first), Durability.PROCESS);
        for (int round = 0; round < each; round++) {
            for (int from = 0; from < sessions; from += SHARING) {
                WriteBatch batch = new WriteBatch();
                List<String> names = new ArrayList<>();
                for (int i = from; i < Math.min(from + SHARING, sessions); i++) {
                    names.add(name(i));
                }
                if (round % 2 == 0) {
                    put(batch, names, message(from, round));
                } else {
                    for (String name : names) {
                        put(batch, List.of(name), message(from, round));
                    }
                }
                storage.write(List.of(batch), Durability.PROCESS);
            }
        }
    }

    private void put(WriteBatch batch, List<String> names, ApplicationMessage message) {
        sequence++;
        List<Delivery> deliveries = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            deliveries.add(Delivery.stored(message, QoS.AT_LEAST_ONCE, false, Delivery.NO_IDENTIFIERS, sequence));
        }
        records.put(batch, Collections.unmodifiableList(names), deliveries);
    }

    private static String name(int i) {
        return "session-" + i;
    }

    private static ApplicationMessage message(int session, int round) {
        byte[] payload = new byte[PAYLOAD];
        byte[] text = (session + " " + round).getBytes(StandardCharsets.UTF_8);
        System.arraycopy(text, 0, payload, 0, text.length);
        return new ApplicationMessage(
                TopicName.ofValid("to/" + session / SHARING + "/x"),
                QoS.AT_LEAST_ONCE,
                false,
                payload,
                new byte[0],
                ApplicationMessage.NEVER,
                null);
    }
}
