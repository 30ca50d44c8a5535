package org.ternmq.broker.security;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.control.BanView;
import org.ternmq.spi.control.BanView.Kind;

/**
 * Holds off who guesses passwords: after some wrong ones in a row an address, and a user name, are banned for a while, and
 * for twice as long each time they go on. An address from which a user last came in stays open to that user, so that a
 * guesser elsewhere cannot lock the user out.
 *
 * <p>What is remembered is bounded; the longest unheard of is forgotten first. Safe for use by all threads; never blocks.
 */
public final class Bans {
    private static final int REMEMBERED = 100_000;
    private static final int DOUBLINGS = 20;

    private final int allowed;
    private final long firstNanos;
    private final long longestNanos;
    private final boolean loopbackToo;
    private final Ticker clock;
    private final Cache<InetAddress, Failures> addresses;
    private final Cache<String, Failures> users;
    private final Cache<String, InetAddress> homes;

    /** Failures of one address or user; guarded by itself. */
    private static final class Failures {
        private int count;
        private int bans;
        private long bannedAt;
        private long bannedNanos;

        synchronized Optional<BanView> view(BanView.Kind kind, String value, long now) {
            return isBanned(now)
                    ? Optional.of(new BanView(
                            kind, value, TimeUnit.NANOSECONDS.toSeconds(bannedNanos - (now - bannedAt)), bans))
                    : Optional.empty();
        }

        synchronized boolean isBanned(long now) {
            return bannedNanos > 0 && now - bannedAt < bannedNanos;
        }

        synchronized void failed(long now, int allowed, long first, long longest) {
            count++;
            if (count >= allowed) {
                count = 0;
                bannedAt = now;
                bannedNanos = Math.min(longest, first << Math.min(bans, DOUBLINGS));
                bans++;
            }
        }
    }

    /**
     * None yet.
     *
     * @param allowed wrong passwords in a row before a ban; 0 for no bans at all
     * @param first how long the first ban lasts
     * @param longest how long one lasts at most
     * @param loopbackToo whether what comes from this machine counts as it does from elsewhere
     * @param clock nanoseconds
     */
    public Bans(int allowed, Duration first, Duration longest, boolean loopbackToo, Ticker clock) {
        this.allowed = allowed;
        this.firstNanos = first.toNanos();
        this.longestNanos = longest.toNanos();
        this.loopbackToo = loopbackToo;
        this.clock = clock;
        Duration kept = longest.multipliedBy(2);
        this.addresses = Caffeine.newBuilder()
                .maximumSize(REMEMBERED)
                .expireAfterAccess(kept)
                .ticker(clock)
                .build();
        this.users = Caffeine.newBuilder()
                .maximumSize(REMEMBERED)
                .expireAfterAccess(kept)
                .ticker(clock)
                .build();
        this.homes = Caffeine.newBuilder().maximumSize(REMEMBERED).build();
    }

    /** Why somebody is not even asked for proof, or empty. */
    public Optional<String> refusal(@Nullable InetAddress address, @Nullable String user) {
        if (allowed == 0) {
            return Optional.empty();
        }
        long now = clock.read();
        if (address != null && isBanned(addresses.getIfPresent(network(address)), now)) {
            return Optional.of("address banned after " + allowed + " failed logins");
        }
        if (user != null
                && isBanned(users.getIfPresent(user), now)
                && (address == null || !network(address).equals(homes.getIfPresent(user)))) {
            return Optional.of("user banned after " + allowed + " failed logins");
        }
        return Optional.empty();
    }

    private static boolean isBanned(@Nullable Failures record, long now) {
        return record != null && record.isBanned(now);
    }

    /** A login failed. */
    public void failed(@Nullable InetAddress address, @Nullable String user) {
        if (allowed == 0 || (address != null && address.isLoopbackAddress() && !loopbackToo)) {
            return;
        }
        long now = clock.read();
        if (address != null) {
            addresses.get(network(address), key -> new Failures()).failed(now, allowed, firstNanos, longestNanos);
        }
        if (user != null) {
            users.get(user, key -> new Failures()).failed(now, allowed, firstNanos, longestNanos);
        }
    }

    /** A login succeeded: both begin anew. */
    public void succeeded(@Nullable InetAddress address, @Nullable String user) {
        if (allowed == 0) {
            return;
        }
        if (address != null) {
            addresses.invalidate(network(address));
        }
        if (user != null) {
            users.invalidate(user);
            if (address != null) {
                homes.put(user, network(address));
            }
        }
    }

    /** All bans in force, addresses first. */
    public List<BanView> inForce() {
        long now = clock.read();
        List<BanView> all = new ArrayList<>();
        addresses
                .asMap()
                .forEach((address, record) ->
                        record.view(Kind.ADDRESS, address.getHostAddress(), now).ifPresent(all::add));
        users.asMap()
                .forEach((user, record) -> record.view(Kind.USER, user, now).ifPresent(all::add));
        return all;
    }

    /** Forgets the failures of an address, and with them its ban. True if it was banned. */
    public boolean lift(InetAddress address) {
        return isBanned(addresses.asMap().remove(network(address)), clock.read());
    }

    /** Forgets the failures of a user, and with them the ban. True if the user was banned. */
    public boolean lift(String user) {
        return isBanned(users.asMap().remove(user), clock.read());
    }

    /** The address, of IPv6 the network of 64 bits that one customer commonly has to himself. */
    public static InetAddress network(InetAddress address) {
        if (address instanceof Inet6Address) {
            byte[] bytes = address.getAddress();
            Arrays.fill(bytes, 8, 16, (byte) 0);
            try {
                return InetAddress.getByAddress(bytes);
            } catch (UnknownHostException e) {
                throw new IllegalStateException("16 bytes are an address", e);
            }
        }
        return address;
    }
}
