package org.ternmq.bridge.kafka;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.ConfigurationException;

/** Asks again and again whether Kafka is there. One thread of the bridge runs it. */
final class Watch implements Runnable {
    private final KafkaBridgeSettings settings;
    private final ClientProperties properties;
    private final Status status;
    private final Runnable changed;
    private final Pause pause;
    private volatile @Nullable Admin admin;
    private volatile boolean ending;

    /**
     * A watch.
     *
     * @param changed is run when Kafka has come, and each time that it is not there
     */
    Watch(KafkaBridgeSettings settings, ClientProperties properties, Status status, Runnable changed) {
        this.settings = settings;
        this.properties = properties;
        this.status = status;
        this.changed = changed;
        this.pause = new Pause(settings.reconnectMin(), settings.reconnectMax());
    }

    @Override
    public void run() {
        try {
            while (!ending) {
                boolean before = status.isThere();
                boolean there = look();
                if ((there != before || !there) && !ending) {
                    changed.run();
                }
                Thread.sleep(there ? settings.probe().toMillis() : pause.next());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closeAdmin();
        }
    }

    private boolean look() throws InterruptedException {
        String why;
        try {
            Admin asked = admin;
            if (asked == null) {
                asked = Admin.create(properties.admin());
                admin = asked;
            }
            DescribeClusterResult cluster = asked.describeCluster();
            String id = cluster.clusterId().get(limit(), TimeUnit.MILLISECONDS);
            int nodes = cluster.nodes().get(limit(), TimeUnit.MILLISECONDS).size();
            pause.reset();
            status.kafka(
                    true,
                    settings.brokers() + ", cluster " + id + " with " + nodes + (nodes == 1 ? " broker" : " brokers"));
            return true;
        } catch (ExecutionException e) {
            why = e.getCause() instanceof org.apache.kafka.common.errors.TimeoutException
                    ? unanswered()
                    : words(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            why = unanswered();
        } catch (KafkaException | ConfigurationException e) {
            why = words(e);
        }
        closeAdmin(); // the next one reads the files anew
        status.kafka(false, settings.brokers() + ": " + why);
        return false;
    }

    private long limit() {
        return settings.connectTimeout().toMillis() + 1_000;
    }

    /** Why Kafka's client has had no answer; it does not say. */
    private String unanswered() {
        String why = "no answer within " + settings.connectTimeout().toMillis() + " ms";
        for (String address : settings.addresses()) {
            int colon = address.lastIndexOf(':');
            String host = address.substring(0, colon).replaceAll("[\\[\\]]", "");
            int port = Integer.parseInt(address.substring(colon + 1));
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(host, port), 1_000);
                return why; // somebody is there
            } catch (IOException | IllegalArgumentException e) {
                why = address + ": " + e;
            }
        }
        return why;
    }

    /** What went wrong, with the cause that says it best. */
    static String words(Throwable error) {
        StringBuilder words = new StringBuilder(error.getClass().getSimpleName());
        String before = "";
        for (Throwable each = error; each != null; each = each.getCause()) {
            String message = each.getMessage();
            if (message != null && !message.equals(before)) {
                words.append(": ").append(message);
                before = message;
            }
        }
        return words.toString();
    }

    /** Whether Kafka says that it has no such topic. May take as long as an answer. Any thread. */
    boolean isMissing(String topic) throws InterruptedException {
        Admin asked = admin;
        if (asked == null) {
            return false;
        }
        try {
            asked.describeTopics(List.of(topic)).topicNameValues().get(topic).get(limit(), TimeUnit.MILLISECONDS);
            return false;
        } catch (ExecutionException e) {
            return e.getCause() instanceof UnknownTopicOrPartitionException;
        } catch (TimeoutException | KafkaException e) {
            return false;
        }
    }

    private void closeAdmin() {
        Admin old = admin;
        admin = null;
        if (old != null) {
            old.close(Duration.ZERO);
        }
    }

    /** Stops at the next occasion; its thread is interrupted by who runs it. */
    void end() {
        ending = true;
    }
}
