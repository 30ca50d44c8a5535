package org.ternmq.bridge.http;

import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.ternmq.spi.Bridge.Delivery;

/**
 * A message that is not done.
 *
 * @param delivery the message
 * @param done tells the broker that it may be forgotten
 * @param arrived when it came, in milliseconds of the broker's clock
 * @param offered when it came, in nanoseconds of the machine's
 */
record Pending(Delivery delivery, CompletableFuture<Void> done, long arrived, long offered) {
    /** Bytes of topic and payload, about. */
    long size() {
        ByteBuffer payload = delivery.message().payload();
        return (long) delivery.message().topic().length() + payload.remaining();
    }

    /** Seconds that it has left to live; empty if it never expires. */
    OptionalLong expiry(long now) {
        OptionalLong given = delivery.message().expiryInterval();
        return given.isEmpty() ? given : OptionalLong.of(Math.max(0, given.getAsLong() - (now - arrived) / 1000));
    }

    /** Whether its time is over. */
    boolean isExpired(long now) {
        OptionalLong given = delivery.message().expiryInterval();
        return given.isPresent() && now - arrived >= Math.max(1, given.getAsLong()) * 1000;
    }
}
