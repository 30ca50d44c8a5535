package org.ternmq.broker.bridge;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.session.ReservedIds;
import org.ternmq.broker.session.Session;
import org.ternmq.spi.Bridge;

/** All bridges of the broker. Started and closed by the main thread; in between, all may ask. */
public final class BridgeHost implements AutoCloseable {
    /**
     * A bridge as it is configured.
     *
     * @param name its name, under which messages wait for it
     * @param type the plugin's type, for log lines
     * @param user whom the authorizers are asked about; empty for a bridge that may do everything
     * @param bridge the first instance
     * @param again makes another instance when one has failed; called on a worker
     * @param loader the plugin's class loader
     */
    public record Configured(
            String name,
            String type,
            Optional<String> user,
            Bridge bridge,
            Callable<Bridge> again,
            ClassLoader loader) {}

    static final int CLOSE_SECONDS = 3;

    private static final Logger LOG = LoggerFactory.getLogger(BridgeHost.class);
    private static final Duration HANG = Duration.ofSeconds(30);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final int START_SECONDS = 10;

    private final List<BridgeRunner> runners;

    /**
     * Hosts these.
     *
     * @param brokerId what {@link Bridge.BrokerLink#brokerId} tells
     */
    public BridgeHost(List<Configured> bridges, BridgeParts broker, String brokerId) {
        this(bridges, broker, brokerId, HANG, FIRST_PAUSE);
    }

    BridgeHost(List<Configured> bridges, BridgeParts broker, String brokerId, Duration hang, Duration firstPause) {
        runners = bridges.stream()
                .map(each -> new BridgeRunner(each, broker, brokerId, hang, firstPause))
                .toList();
        forgetOthers(bridges, broker);
    }

    private static void forgetOthers(List<Configured> bridges, BridgeParts broker) {
        Set<String> known = new HashSet<>();
        bridges.forEach(each -> known.add(ReservedIds.ofBridge(each.name())));
        broker.registry().forEach(session -> {
            if (ReservedIds.isReserved(session.clientId()) && !known.contains(session.clientId())) {
                LOG.warn("{} is not configured any more: what waits for it is forgotten", session.clientId());
                session.tell(Session::forget);
            }
        });
    }

    /**
     * Has another instance take the place of the one of this name, which is closed first. Any thread.
     *
     * @return complete when the old one is closed, or was given up
     */
    public CompletableFuture<Void> replace(Configured fresh) {
        return runner(fresh.name()).replace(fresh);
    }

    /** Whom the authorizers are asked about for a bridge; its session has it for good. */
    public Optional<String> userOf(String name) {
        return runner(name).configured().user();
    }

    private BridgeRunner runner(String name) {
        return runners.stream()
                .filter(runner -> runner.configured().name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no bridge '" + name + "'"));
    }

    /**
     * Starts them, side by side, and waits until their sessions are open, so that nothing that is published from now on passes
     * them by. One that fails or hangs does not hold up the broker.
     */
    public void start() {
        CompletableFuture<?>[] tried = runners.stream().map(BridgeRunner::start).toArray(CompletableFuture<?>[]::new);
        await(CompletableFuture.allOf(tried), START_SECONDS, "start");
    }

    private static void await(CompletableFuture<?> what, int seconds, String verb) {
        try {
            what.get(seconds, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            LOG.warn("Bridges take longer than {} s to {}", seconds, verb);
        } catch (ExecutionException e) {
            LOG.warn("Bridges failed to {}", verb, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How each bridge is, in the order of the configuration. */
    public List<BridgeStatus> statuses() {
        return runners.stream().map(BridgeRunner::status).toList();
    }

    /** Closes the bridges and leaves their sessions, in which everything unfinished stays. */
    @Override
    public void close() {
        CompletableFuture<?>[] ended = runners.stream().map(BridgeRunner::end).toArray(CompletableFuture<?>[]::new);
        await(CompletableFuture.allOf(ended), CLOSE_SECONDS + 1, "stop");
    }
}
