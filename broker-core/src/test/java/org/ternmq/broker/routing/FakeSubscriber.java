package org.ternmq.broker.routing;

import org.ternmq.broker.journal.Delivery;
import org.ternmq.broker.shard.Shard;

/** A subscriber whose state a test sets. It is found and chosen, and never given anything. */
final class FakeSubscriber implements Subscriber {
    private final String clientId;
    volatile boolean accepts = true;
    volatile int inFlight;

    FakeSubscriber(String clientId) {
        this.clientId = clientId;
    }

    @Override
    public boolean isFull() {
        return false;
    }

    @Override
    public String clientId() {
        return clientId;
    }

    @Override
    public boolean acceptsNow() {
        return accepts;
    }

    @Override
    public int inFlight() {
        return inFlight;
    }

    @Override
    public boolean isPersistent() {
        return false;
    }

    @Override
    public boolean offer(Delivery delivery) {
        throw new UnsupportedOperationException("nothing is offered to " + clientId);
    }

    @Override
    public int backlog() {
        return 0;
    }

    @Override
    public Shard home() {
        throw new UnsupportedOperationException("no shard");
    }

    @Override
    public void drain() {
        throw new UnsupportedOperationException("nothing to drain");
    }

    @Override
    public String toString() {
        return clientId;
    }
}
