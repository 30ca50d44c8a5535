package org.ternmq.broker.observe;

import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.BrokerEvent;
import org.ternmq.spi.BrokerListener;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.QoS;
import org.ternmq.spi.control.LastEnd;
import org.ternmq.spi.control.Principal;

/**
 * What happens, for the log and for listeners. One line in the log for each connection, disconnection and refusal, with
 * client, address and reason; what may come in floods is logged at most once a second, with the count of what was left
 * out.
 *
 * <p>Safe for use by all threads; nothing but {@link #close} ever blocks.
 */
public final class Events implements AutoCloseable {
    /** A listener under its name in the configuration. */
    public record Named(String name, BrokerListener listener) {}

    private static final Logger LOG = LoggerFactory.getLogger(Events.class);
    private static final Logger CLIENTS = LoggerFactory.getLogger("ternmq.clients");
    private static final Logger ADMIN = LoggerFactory.getLogger("ternmq.admin");
    private static final int GOODBYE_SECONDS = 5;

    private final Clock clock;
    private final Metrics metrics;
    private volatile List<EventQueue> outlets;
    private final Traces traces;
    private final LastEnds ends = new LastEnds();
    private final Floodgate denials = new Floodgate();
    private final Floodgate drops = new Floodgate();

    /** Tells these listeners, each on a thread of its own. */
    public Events(Clock clock, Metrics metrics, List<Named> listeners) {
        this.clock = clock;
        this.traces = new Traces(clock);
        this.metrics = metrics;
        this.outlets = listeners.stream()
                .map(named -> new EventQueue(named, metrics, clock))
                .toList();
    }

    /** The traces that run. */
    public Traces traces() {
        return traces;
    }

    /** Lets one through each second and counts the others. */
    private static final class Floodgate {
        private long openAt;
        private long held;

        /** The number held back since the last one, or -1 if this one is to be held back. */
        synchronized long pass(long now) {
            if (now < openAt) {
                held++;
                return -1;
            }
            openAt = now + 1000;
            long since = held;
            held = 0;
            return since;
        }
    }

    private void tell(Supplier<BrokerEvent> event) {
        List<EventQueue> now = outlets;
        if (!now.isEmpty()) {
            BrokerEvent made = event.get();
            for (EventQueue outlet : now) {
                outlet.tell(made);
            }
        }
    }

    /** A client was let in. */
    public void connected(ClientInfo client, boolean sessionPresent) {
        metrics.clientConnected();
        if (CLIENTS.isInfoEnabled()) {
            CLIENTS.info(
                    "connected    client={} user={} address={} listener={} protocol={} session={}",
                    client.clientId(),
                    client.username().orElse("-"),
                    text(client.remoteAddress()),
                    client.listener(),
                    protocol(client.protocolVersion()),
                    sessionPresent ? "resumed" : "new");
        }
        tell(() -> new BrokerEvent.ClientConnected(clock.instant(), client, sessionPresent));
    }

    /** A client that had been let in is gone. */
    public void disconnected(ClientInfo client, int reasonCode, String detail) {
        metrics.clientDisconnected();
        ends.put(client.clientId(), new LastEnd(clock.instant(), reasonCode, detail));
        if (CLIENTS.isInfoEnabled()) {
            CLIENTS.info(
                    "disconnected client={} user={} address={} reason=0x{} {}",
                    client.clientId(),
                    client.username().orElse("-"),
                    text(client.remoteAddress()),
                    hex(reasonCode),
                    detail);
        }
        if (traces.isOn()) {
            traces.tell(client.clientId(), null, null, "disconnected", d -> end(d, reasonCode, detail));
        }
        tell(() -> new BrokerEvent.ClientDisconnected(clock.instant(), client, reasonCode, detail));
    }

    /** A connection was refused before it became a client. */
    public void refused(
            @Nullable String clientId,
            @Nullable String username,
            InetSocketAddress address,
            String listener,
            int reasonCode,
            String detail) {
        metrics.connectRefused(listener);
        if (clientId != null) {
            ends.put(clientId, new LastEnd(clock.instant(), reasonCode, detail));
        }
        if (CLIENTS.isInfoEnabled()) {
            CLIENTS.info(
                    "refused      client={} user={} address={} listener={} reason=0x{} {}",
                    clientId == null ? "-" : clientId,
                    username == null ? "-" : username,
                    text(address),
                    listener,
                    hex(reasonCode),
                    detail);
        }
        if (traces.isOn()) {
            traces.tell(
                    clientId == null ? "" : clientId,
                    null,
                    null,
                    "refused",
                    d -> end(d, reasonCode, detail)
                            .put("address", text(address))
                            .put("listener", listener));
        }
        tell(() -> new BrokerEvent.ClientRefused(
                clock.instant(),
                Optional.ofNullable(clientId),
                Optional.ofNullable(username),
                address,
                listener,
                reasonCode,
                detail));
    }

    /** A subscription was made. */
    public void subscribed(String clientId, String filter, QoS granted) {
        CLIENTS.debug("subscribed   client={} filter={} qos={}", clientId, filter, granted.value());
        tell(() -> new BrokerEvent.Subscribed(clock.instant(), clientId, filter, granted));
    }

    /** A subscription was removed. */
    public void unsubscribed(String clientId, String filter) {
        CLIENTS.debug("unsubscribed client={} filter={}", clientId, filter);
        tell(() -> new BrokerEvent.Unsubscribed(clock.instant(), clientId, filter));
    }

    /** A session ended. */
    public void sessionEnded(String clientId) {
        CLIENTS.debug("session ended client={}", clientId);
        tell(() -> new BrokerEvent.SessionEnded(clock.instant(), clientId));
    }

    /** Something was denied to a client that is in. */
    public void denied(String clientId, String action, String topic) {
        long held = denials.pass(clock.millis());
        if (held >= 0) {
            CLIENTS.info("denied       client={} {}={}{}", clientId, action, topic, others(held));
        }
        tell(() -> new BrokerEvent.AccessDenied(clock.instant(), clientId, action, topic));
    }

    /** A message for a client was dropped. */
    public void dropped(String clientId, DropReason reason, String topic) {
        long held = drops.pass(clock.millis());
        if (held >= 0) {
            CLIENTS.warn("dropped      client={} topic={} reason={}{}", clientId, topic, reason, others(held));
        }
    }

    /** How the last connection of a client ended, or why it was refused, as far as it is remembered. */
    public Optional<LastEnd> lastEnd(String clientId) {
        return ends.get(clientId);
    }

    /** Somebody did something by way of the admin interface, or tried to. */
    public void adminAction(Principal by, String action, String target, String outcome) {
        ADMIN.info(
                "{} principal={} role={} address={} target={} outcome={}",
                action,
                by.name(),
                by.role(),
                by.address().map(Events::text).orElse("-"),
                target,
                outcome);
        tell(() -> new BrokerEvent.AdminAction(
                clock.instant(), by.name(), by.role(), by.address(), action, target, outcome));
    }

    /**
     * The disk of the store became nearly full, or has room again.
     *
     * @param free bytes
     * @param enough so many bytes would be enough
     */
    public void diskSpace(boolean low, long free, long enough) {
        if (low) {
            LOG.error(
                    "The disk of the data folder is nearly full, {} MiB are free: messages that would be stored are refused"
                            + " (0x97) until there are {} MiB",
                    free >> 20,
                    enough >> 20);
        } else {
            LOG.warn("The disk of the data folder has room again, {} MiB: all messages are taken", free >> 20);
        }
        tell(() -> new BrokerEvent.DiskSpaceChanged(clock.instant(), low, free));
    }

    /** A bridge gave up a message. */
    public void droppedByBridge(String bridge, String topic, String reason) {
        long held = drops.pass(clock.millis());
        if (held >= 0) {
            CLIENTS.warn("dropped      bridge={} topic={} reason={}{}", bridge, topic, reason, others(held));
        }
    }

    /** The other side of a bridge came or went. */
    public void bridgeState(String bridge, Bridge.State state, String detail) {
        switch (state) {
            case CONNECTED -> CLIENTS.info("bridge up    bridge={} {}", bridge, detail);
            case DISCONNECTED -> CLIENTS.warn("bridge down  bridge={} {}", bridge, detail);
        }
        tell(() -> new BrokerEvent.BridgeStateChanged(clock.instant(), bridge, state, detail));
    }

    private static TraceDetails end(TraceDetails details, int reasonCode, String detail) {
        return details.put("reason", "0x" + hex(reasonCode)).put("detail", detail);
    }

    private static String others(long held) {
        return held == 0 ? "" : " (and " + held + " more)";
    }

    private static String hex(int code) {
        return Integer.toHexString(0x100 | code).substring(1);
    }

    private static String protocol(int level) {
        return switch (level) {
            case 3 -> "3.1";
            case 4 -> "3.1.1";
            default -> "5.0";
        };
    }

    /** An address as log lines show it. */
    public static String text(InetSocketAddress address) {
        return address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    /** A listener in whose place another is. */
    public static final class Replaced {
        private final EventQueue old;
        private final EventQueue fresh;

        private Replaced(EventQueue old, EventQueue fresh) {
            this.old = old;
            this.fresh = fresh;
        }

        /** Has it told what waits for it, and closed; false if it hangs, even when interrupted. What is left goes to the new one. */
        public boolean end(Duration atMost) {
            old.end();
            boolean ended = old.awaitEnd(System.nanoTime() + atMost.toNanos());
            old.moveTo(fresh);
            return ended;
        }
    }

    /** Puts another listener in the place of the one of that name, for events to come. */
    public synchronized Replaced replace(Named named) {
        List<EventQueue> changed = new ArrayList<>(outlets);
        for (int i = 0; i < changed.size(); i++) {
            if (changed.get(i).name().equals(named.name())) {
                EventQueue fresh = new EventQueue(named, metrics, clock);
                EventQueue old = changed.set(i, fresh);
                outlets = List.copyOf(changed);
                return new Replaced(old, fresh);
            }
        }
        throw new IllegalArgumentException("no " + named.name());
    }

    /** Tells the listeners what waits for them and ends their threads. Waits for a listener that hangs, but not for long. */
    @Override
    public void close() {
        outlets.forEach(EventQueue::end);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(GOODBYE_SECONDS);
        outlets.forEach(outlet -> outlet.awaitEnd(deadline));
    }
}
