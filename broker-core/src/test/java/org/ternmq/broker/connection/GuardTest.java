package org.ternmq.broker.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

final class GuardTest {
    private long now = Long.MAX_VALUE - 5; // nanoseconds may run over

    private static InetSocketAddress from(String address, int port) {
        return new InetSocketAddress(address, port);
    }

    private static int taken(Guard guard, int connects) {
        int taken = 0;
        for (int i = 0; i < connects; i++) {
            taken += guard.connects() ? 1 : 0;
        }
        return taken;
    }

    @Test
    void takesNoMoreConnectsThanASecondHas() {
        Guard guard = new Guard(10, 0, 0, () -> now);
        assertThat(taken(guard, 100)).isEqualTo(10);
        now += 500_000_000;
        assertThat(taken(guard, 100)).isEqualTo(5);
        now += 3_600_000_000_000L;
        assertThat(taken(guard, 100)).as("what was not used is not saved up").isEqualTo(10);
        assertThat(taken(new Guard(0, 0, 0, () -> now), 100)).isEqualTo(100);
    }

    @Test
    void countsTheConnectionsOfAnAddress() {
        Guard guard = new Guard(0, 2, 0, () -> now);
        assertThat(guard.enters(from("192.0.2.1", 1))).isTrue();
        assertThat(guard.enters(from("192.0.2.1", 2))).isTrue();
        assertThat(guard.enters(from("192.0.2.1", 3))).isFalse();
        assertThat(guard.enters(from("192.0.2.2", 3))).isTrue();
        guard.leaves(from("192.0.2.1", 1));
        assertThat(guard.enters(from("192.0.2.1", 3))).isTrue();
        assertThat(guard.enters(from("192.0.2.1", 4))).isFalse();
        assertThat(guard.enters(InetSocketAddress.createUnresolved("unix", 0)))
                .as("no address")
                .isTrue();
    }

    @Test
    void boundsWhatClientsHoldThatAreNotLetIn() {
        Guard guard = new Guard(0, 0, 100, () -> now);
        assertThat(guard.holds(60)).isTrue();
        assertThat(guard.holds(60)).isFalse();
        guard.holds(-60); // the one that was refused goes
        assertThat(guard.holds(40)).isTrue();
        assertThat(guard.holds(1)).isFalse();
    }
}
