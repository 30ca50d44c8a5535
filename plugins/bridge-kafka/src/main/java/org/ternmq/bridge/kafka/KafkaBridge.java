package org.ternmq.bridge.kafka;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.PluginContext;

/** The bridge: who looks whether Kafka is there, and the two flows. Called on the bridge's worker. */
final class KafkaBridge implements Bridge {
    private static final long CLOSE_NANOS = 1_600_000_000L;

    private final KafkaBridgeSettings settings;
    private final ClientProperties properties;
    private final PluginContext context;
    private final TopicRules rules;
    private final ThreadFactory threads;

    private @Nullable OutFlow out;
    private @Nullable InFlow in;
    private @Nullable Watch watch;
    private @Nullable Thread watching;
    private @Nullable Thread taking;

    KafkaBridge(KafkaBridgeSettings settings, ClientProperties properties, PluginContext context) {
        this.settings = settings;
        this.properties = properties;
        this.context = context;
        this.rules = TopicRules.of(settings.topics());
        ClassLoader loader = KafkaBridge.class.getClassLoader();
        this.threads = task -> {
            Thread thread = new Thread(task, "kafka-" + context.name());
            thread.setDaemon(true);
            thread.setContextClassLoader(loader); // where Kafka's client looks for classes that are named to it
            return thread;
        };
    }

    @Override
    public void start(BrokerLink link) {
        Status status = new Status(link);
        Records records = new Records(rules, link.brokerId());
        Watch looking = new Watch(settings, properties, status, this::changed);
        watch = looking;
        if (!rules.outFilters().isEmpty()) {
            OutFlow outgoing = new OutFlow(
                    settings,
                    () -> new KafkaProducer<>(properties.producer()),
                    records,
                    link,
                    context.clock(),
                    status,
                    looking,
                    threads);
            out = outgoing;
            link.subscribe(rules.outFilters(), outgoing);
        }
        if (!rules.inTopics().isEmpty()) {
            InFlow incoming = new InFlow(
                    settings,
                    () -> new KafkaConsumer<>(properties.consumer(link.brokerId())),
                    rules,
                    records,
                    link,
                    status);
            in = incoming;
            taking = threads.newThread(incoming);
            taking.start();
        }
        watching = threads.newThread(looking);
        watching.start();
    }

    private void changed() {
        OutFlow outgoing = out;
        if (outgoing != null) {
            outgoing.changed();
        }
    }

    /** Gives what is under way a moment to be acknowledged, notes how far it came, and lets go. */
    @Override
    public void close() throws InterruptedException {
        long end = System.nanoTime() + CLOSE_NANOS;
        if (watch != null) {
            watch.end();
        }
        if (in != null) {
            in.end();
        }
        if (out != null) {
            out.close();
        }
        if (taking != null) {
            join(taking, end);
        }
        if (watching != null) {
            watching.interrupt();
            join(watching, end);
        }
    }

    private static void join(Thread thread, long end) throws InterruptedException {
        thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
        thread.interrupt();
    }
}
