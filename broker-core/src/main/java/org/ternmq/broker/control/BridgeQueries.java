package org.ternmq.broker.control;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.ternmq.broker.bridge.BridgeStatus;
import org.ternmq.broker.session.ReservedIds;
import org.ternmq.spi.Bridge.State;
import org.ternmq.spi.control.BridgeView;
import org.ternmq.spi.control.SessionView;

/** Questions about bridges; what waits for one is asked of its session, in its own time. Safe for use by all threads. */
final class BridgeQueries {
    private final Supplier<List<BridgeStatus>> statuses;
    private final SessionQueries sessions;
    private volatile Map<String, BridgeView> sampled = Map.of();

    BridgeQueries(Supplier<List<BridgeStatus>> statuses, SessionQueries sessions) {
        this.statuses = statuses;
        this.sessions = sessions;
    }

    CompletionStage<List<BridgeView>> all() {
        List<CompletableFuture<BridgeView>> asked = statuses.get().stream()
                .map(status -> sessions.session(ReservedIds.ofBridge(status.name()))
                        .thenApply(session -> view(status, session))
                        .toCompletableFuture())
                .toList();
        return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
                .thenApply(all -> asked.stream().map(CompletableFuture::join).toList());
    }

    private static BridgeView view(BridgeStatus status, Optional<SessionView> session) {
        return new BridgeView(
                status.name(),
                status.state() == State.CONNECTED,
                status.detail(),
                status.sent(),
                status.received(),
                status.dropped(),
                status.failures(),
                session.map(SessionView::queuedMessages).orElse(0),
                session.map(SessionView::queuedBytes).orElse(0L),
                session.map(SessionView::inFlight).orElse(0));
    }

    /** Has the figures of {@link #known} be those of now, or soon. */
    void sample() {
        var unused = all().thenAccept(views -> {
            Map<String, BridgeView> byName = new HashMap<>();
            views.forEach(view -> byName.put(view.name(), view));
            sampled = byName;
        });
    }

    /** Seconds since the oldest message that waits for a bridge came; 0 if nothing waits. */
    double oldestSeconds(String name) {
        long since = sessions.waitingSince(ReservedIds.ofBridge(name));
        return since == 0 ? 0 : Math.max(0, System.currentTimeMillis() - since) / 1e3;
    }

    /** The bridges' names. */
    List<String> names() {
        return statuses.get().stream().map(BridgeStatus::name).toList();
    }

    /** A bridge as it was some seconds ago; empty before it was ever asked. */
    Optional<BridgeView> known(String name) {
        return Optional.ofNullable(sampled.get(name));
    }
}
