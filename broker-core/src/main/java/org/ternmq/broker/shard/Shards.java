package org.ternmq.broker.shard;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import java.time.Clock;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.ternmq.broker.protocol.TopicNames;

/** All shards of the broker, one for each event loop. Immutable. */
public final class Shards {
    /** Topic names that each shard knows at once, and the memory they may take. */
    private static final int TOPICS = 1 << 16;

    private static final int TOPIC_BYTES = 16 << 20;

    private final List<Shard> all;
    private final IdentityHashMap<EventExecutor, Shard> byLoop = new IdentityHashMap<>();

    /** One shard for each loop of a group. */
    public Shards(EventLoopGroup group, Clock clock, boolean allowControlCharacters) {
        List<Shard> shards = new ArrayList<>();
        for (EventExecutor loop : group) {
            TopicNames topics = new TopicNames(allowControlCharacters, TOPICS, TOPIC_BYTES);
            Shard shard = new Shard((SingleThreadEventLoop) loop, shards.size(), this, topics, clock);
            shards.add(shard);
            byLoop.put(loop, shard);
        }
        all = List.copyOf(shards);
        for (Shard shard : all) {
            shard.allKnown();
        }
    }

    /** How many there are. */
    public int size() {
        return all.size();
    }

    /** A shard by its index. */
    public Shard get(int index) {
        return all.get(index);
    }

    /** All of them. */
    public List<Shard> all() {
        return all;
    }

    /** The shard of an event loop of the group. */
    public Shard of(EventLoop loop) {
        Shard shard = byLoop.get(loop);
        if (shard == null) {
            throw new IllegalArgumentException("not a loop of this broker");
        }
        return shard;
    }

    /** The shard that an offline thing with this name lives on. */
    public Shard forName(String name) {
        return all.get(Math.floorMod(name.hashCode(), all.size()));
    }

    /** Has one drained, from any thread. */
    public void wake(Drainable drainable) {
        Shard home = drainable.home();
        home.execute(() -> home.drainAll(List.of(drainable)));
    }

    /** Tells the shards of those collected by a thread that is no shard's. */
    public void send(Wakes wakes) {
        wakes.send(this, -1);
    }

    /** A collector for a thread that is no shard's. */
    public Wakes newWakes() {
        return new Wakes(all.size());
    }
}
