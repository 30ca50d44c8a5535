package org.ternmq.broker.routing;

/** A subscriber whose state a test sets. */
final class FakeSubscriber implements Subscriber {
    private final String clientId;
    volatile boolean accepts = true;
    volatile int inFlight;

    FakeSubscriber(String clientId) {
        this.clientId = clientId;
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
    public String toString() {
        return clientId;
    }
}
