package org.ternmq.broker.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.ternmq.spi.control.BanView;

final class BansTest {
    private static final InetAddress GUESSER = address("192.0.2.1");
    private static final InetAddress HOME = address("192.0.2.2");

    private long now;
    private final Bans bans = bans(false);

    private Bans bans(boolean loopbackToo) {
        return new Bans(3, Duration.ofSeconds(10), Duration.ofSeconds(25), loopbackToo, () -> now);
    }

    private static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            bans.failed(GUESSER, "user" + i);
        }
    }

    private void later(int seconds) {
        now += seconds * 1_000_000_000L;
    }

    @Test
    void anAddressIsBannedForAWhileAndEachTimeForTwiceAsLong() {
        fail(2);
        assertThat(bans.refusal(GUESSER, "ada")).isEmpty();
        fail(1);
        assertThat(bans.refusal(GUESSER, "ada")).isPresent();
        assertThat(bans.refusal(HOME, "ada")).as("others are not").isEmpty();
        later(9);
        assertThat(bans.refusal(GUESSER, "ada")).isPresent();
        later(1);
        assertThat(bans.refusal(GUESSER, "ada")).isEmpty();
        fail(3);
        later(19);
        assertThat(bans.refusal(GUESSER, "ada")).isPresent();
        later(1);
        assertThat(bans.refusal(GUESSER, "ada")).isEmpty();
        fail(3);
        later(24);
        assertThat(bans.refusal(GUESSER, "ada")).as("up to the longest").isPresent();
        later(1);
        assertThat(bans.refusal(GUESSER, "ada")).isEmpty();
    }

    @Test
    void successBeginsAnew() {
        fail(2);
        bans.succeeded(GUESSER, "ada");
        fail(2);
        assertThat(bans.refusal(GUESSER, "ada")).isEmpty();
    }

    @Test
    void aUserIsBannedFromEverywhereButFromWhereItCameInLast() {
        bans.succeeded(HOME, "ada");
        for (int i = 10; i < 13; i++) {
            bans.failed(address("198.51.100." + i), "ada");
        }
        assertThat(bans.refusal(address("198.51.100.99"), "ada")).isPresent();
        assertThat(bans.refusal(HOME, "ada")).isEmpty();
        assertThat(bans.refusal(address("198.51.100.99"), "bob")).isEmpty();
    }

    @Test
    void addressesOfOneIpv6NetworkAreOne() {
        for (int i = 0; i < 3; i++) {
            bans.failed(address("2001:db8::" + i), "user" + i);
        }
        assertThat(bans.refusal(address("2001:db8::ffff"), null)).isPresent();
        assertThat(bans.refusal(address("2001:db8:0:1::"), null)).isEmpty();
    }

    @Test
    void thisMachineIsBannedOnlyIfAskedFor() {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        Bans strict = bans(true);
        for (int i = 0; i < 3; i++) {
            bans.failed(loopback, "ada");
            strict.failed(loopback, "ada");
        }
        assertThat(bans.refusal(loopback, "ada")).isEmpty();
        assertThat(bans.refusal(HOME, "ada")).isEmpty();
        assertThat(strict.refusal(loopback, null)).isPresent();
        assertThat(strict.refusal(HOME, "ada")).isPresent();
    }

    @Test
    void anOperatorSeesBansAndLiftsThem() {
        fail(3);
        bans.failed(HOME, "ada");
        bans.failed(HOME, "ada");
        bans.failed(GUESSER, "ada");
        assertThat(bans.inForce())
                .extracting(BanView::kind, BanView::value, BanView::times)
                .containsExactly(
                        tuple(BanView.Kind.ADDRESS, Bans.network(GUESSER).getHostAddress(), 1),
                        tuple(BanView.Kind.USER, "ada", 1));
        assertThat(bans.lift(HOME)).as("was not banned").isFalse();
        assertThat(bans.lift(GUESSER)).isTrue();
        assertThat(bans.lift("ada")).isTrue();
        assertThat(bans.lift("ada")).isFalse();
        assertThat(bans.inForce()).isEmpty();
        assertThat(bans.refusal(GUESSER, "ada")).isEmpty();
    }
}
