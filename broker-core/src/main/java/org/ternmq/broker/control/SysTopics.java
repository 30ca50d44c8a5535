package org.ternmq.broker.control;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.session.SessionRegistry;
import org.ternmq.broker.shard.Shard;
import org.ternmq.broker.shard.Shards;
import org.ternmq.spi.QoS;

/**
 * Publishes the broker's figures under {@code $SYS/broker/}, those that have changed, at an interval. They are kept for new
 * subscriptions as retained messages are, apart from these and in memory only. Owner: its thread.
 */
public final class SysTopics implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SysTopics.class);
    private static final String PREFIX = "$SYS/broker/";

    private final SysFigures figures;
    private final Router router;
    private final Shard shard;
    private final Map<String, String> published = new HashMap<>();
    private final ScheduledThreadPoolExecutor executor;

    /**
     * Begins to publish.
     *
     * @param interval 0 for never
     */
    public SysTopics(Metrics metrics, SessionRegistry registry, Router router, Shards shards, Duration interval) {
        this.figures = new SysFigures(metrics, registry, router, System::nanoTime);
        this.router = router;
        this.shard = shards.forName(PREFIX);
        this.executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "sys-topics");
            thread.setDaemon(true);
            return thread;
        });
        if (!interval.isZero()) {
            executor.scheduleAtFixedRate(this::publish, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void publish() {
        try {
            List<ApplicationMessage> changed = new ArrayList<>();
            figures.now().forEach((name, value) -> {
                if (!value.equals(published.put(name, value))) {
                    changed.add(message(name, value));
                }
            });
            shard.execute(() -> changed.forEach(message -> router.routeFigure(shard, message)));
        } catch (RuntimeException e) {
            LOG.error("The figures under {} could not be published", PREFIX, e);
        }
    }

    private static ApplicationMessage message(String name, String value) {
        return new ApplicationMessage(
                TopicName.ofValid(PREFIX + name),
                QoS.AT_MOST_ONCE,
                true,
                value.getBytes(StandardCharsets.UTF_8),
                new byte[0],
                ApplicationMessage.NEVER,
                null);
    }

    /** Publishes no more. */
    @Override
    public void close() {
        executor.shutdownNow();
    }
}
