package org.ternmq.broker.shard;

import io.netty.channel.SingleThreadEventLoop;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.LoopWatch;
import org.ternmq.broker.protocol.TopicNames;

/**
 * One event loop and what belongs to it. All that happens in one turn of the loop (reads of several connections, tasks) is
 * followed by one {@link #endOfTurn}: the sessions woken in it are drained, other shards are told once, and each connection
 * that has something to send is flushed once.
 *
 * <p>Owner: its loop. Only {@link #execute}, {@link #index} and {@link #now} may be called from elsewhere.
 */
public final class Shard {
    /** Rounds of local draining in one turn: more wait for the next turn, so that reads get their share. */
    private static final int LOCAL_ROUNDS = 4;

    private static final Logger LOG = LoggerFactory.getLogger(Shard.class);

    /** Something that collects output and sends it at the end of the turn. */
    public interface Flushable {
        /** Sends what was collected. */
        void flushNow();
    }

    private final SingleThreadEventLoop loop;
    private final int index;
    private final Shards shards;
    private final TopicNames topics;
    private final Clock clock;
    private final Runnable endOfTurn = this::endOfTurn;
    private @Nullable Wakes wakes;
    private List<Flushable> dirty = new ArrayList<>();
    private boolean endOfTurnDue;
    private @Nullable Shard congestion;

    Shard(SingleThreadEventLoop loop, int index, Shards shards, TopicNames topics, Clock clock) {
        this.loop = loop;
        this.index = index;
        this.shards = shards;
        this.topics = topics;
        this.clock = clock;
    }

    void allKnown() {
        wakes = new Wakes(shards.size());
    }

    /** Its place among the shards, from 0. */
    public int index() {
        return index;
    }

    /** The topic names this loop has seen. */
    public TopicNames topics() {
        assert inLoop();
        return topics;
    }

    /** Milliseconds since the epoch by the broker's clock. */
    public long now() {
        return clock.millis();
    }

    /** Whether the caller runs on this loop. */
    public boolean inLoop() {
        return loop.inEventLoop();
    }

    /** Has it watched whether the loop goes on. */
    public void watchedBy(LoopWatch watch) {
        watch.watch("loop-" + index, this::execute);
    }

    /** Runs a task on this loop, from any thread; dropped if the loop has ended. */
    public void execute(Runnable task) {
        if (!loop.isShuttingDown()) {
            loop.execute(task);
        }
    }

    /** Runs a task on this loop later. */
    public Future<?> schedule(Runnable task, long delayMillis) {
        return loop.schedule(task, delayMillis, TimeUnit.MILLISECONDS);
    }

    /** Has one drained, at the end of this turn if it lives here, else by one message to its shard with all others. */
    public void wake(Drainable drainable) {
        assert inLoop();
        wakes().add(drainable);
        atEndOfTurn();
    }

    /** Has something flushed at the end of this turn; the caller makes sure it asks once per turn. */
    public void flushLater(Flushable flushable) {
        assert inLoop();
        dirty.add(flushable);
        atEndOfTurn();
    }

    /** Notes that another shard is behind with what this one gives it. */
    public void congestedBy(Shard other) {
        assert inLoop();
        if (other != this) {
            congestion = other;
        }
    }

    /** The shard that was noted to be behind since the last call, or null. A publisher waits for it before it reads on. */
    public @Nullable Shard takeCongestion() {
        assert inLoop();
        Shard other = congestion;
        congestion = null;
        return other;
    }

    private Wakes wakes() {
        Wakes w = wakes;
        if (w == null) {
            throw new IllegalStateException("shard " + index + " is not ready");
        }
        return w;
    }

    private void atEndOfTurn() {
        if (!endOfTurnDue) {
            endOfTurnDue = true;
            loop.executeAfterEventLoopIteration(endOfTurn);
        }
    }

    /** Drains those that live here, passes on those that have moved. */
    void drainAll(List<Drainable> woken) {
        for (int i = 0; i < woken.size(); i++) {
            Drainable drainable = woken.get(i);
            if (drainable.home() != this) {
                wake(drainable);
                continue;
            }
            try {
                drainable.drain();
            } catch (RuntimeException | Error e) {
                LOG.error("A drain of {} failed", drainable, e);
            }
        }
    }

    private void endOfTurn() {
        endOfTurnDue = false;
        for (int round = 0; round < LOCAL_ROUNDS; round++) {
            List<Drainable> local = wakes().take(index);
            if (local.isEmpty()) {
                break;
            }
            drainAll(local);
        }
        wakes().send(shards, index);
        List<Flushable> flushing = dirty;
        if (!flushing.isEmpty()) {
            dirty = new ArrayList<>(Math.min(flushing.size(), 64));
            for (int i = 0; i < flushing.size(); i++) {
                flushing.get(i).flushNow();
            }
        }
        if (!wakes().isEmpty(index) || !dirty.isEmpty()) {
            atEndOfTurn();
        }
    }
}
