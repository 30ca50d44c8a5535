package org.ternmq.bridge.kafka;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
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
    private static final int CONNECT_MILLIS = 1_000;

    private final KafkaBridgeSettings settings;
    private final ClientProperties properties;
    private final Status status;
    private final Runnable changed;
    private final Pause pause;
    private volatile @Nullable Admin admin;
    private final CountDownLatch ended = new CountDownLatch(1);
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
                ended.await(there ? settings.probe().toMillis() : pause.next(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closeAdmin();
        }
    }

    private boolean look() throws InterruptedException {
        if (!status.isThere()) { // Kafka's client would write a line for each attempt
            Optional<String> refused = refused();
            if (refused.isPresent()) {
                status.kafka(false, refused.get());
                return false;
            }
        }
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
        return refused().orElse("no answer within " + settings.connectTimeout().toMillis() + " ms");
    }

    /** Why none of the brokers that are named takes a connection, if none does. */
    private Optional<String> refused() {
        Optional<String> why = Optional.empty();
        for (String address : settings.addresses()) {
            int colon = address.lastIndexOf(':');
            String host = address.substring(0, colon).replaceAll("[\\[\\]]", "");
            int port = Integer.parseInt(address.substring(colon + 1));
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
                return Optional.empty();
            } catch (IOException | IllegalArgumentException e) {
                why = Optional.of(address + ": " + e);
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
            asked.describeTopics(List.of(topic)).allTopicNames().get(limit(), TimeUnit.MILLISECONDS);
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
        ended.countDown();
    }
}
