package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.BrokerEvent;
import org.ternmq.spi.BrokerListener;
import org.ternmq.spi.QoS;

/**
 * What every listener of events must do. A plugin's test extends this class and says how to make the listener:
 *
 * <pre>{@code
 * final class MyListenerTest extends BrokerListenerConformance {
 *     @TempDir Path folder;
 *
 *     protected BrokerListener listener() throws Exception {
 *         return new MyListenerFactory().create(new TestPluginContext("mine", folder, Map.of()));
 *     }
 * }
 * }</pre>
 *
 * <p>A test that cannot hold for a plugin is overridden by name in the plugin's test, with the reason beside it.
 */
public abstract class BrokerListenerConformance {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final int MANY = 2_000;
    private static final Duration FOR_MANY = Duration.ofSeconds(60);

    /** Texts that a client can choose, and that break what is careless with them. */
    protected static final List<String> HOSTILE_TEXTS = List.of(
            "",
            "\n",
            "a\r\nb",
            "\"}\n{\"event\":\"connected\",\"clientId\":\"admin\"}\n",
            "\\",
            "\\u000a",
            "\u2028\u2029\u0085",
            "\u001B[2J\u001B]0;title\u0007",
            "\u009B31m",
            "\u0000\u0001\u007F",
            "\u202Eevil\u2066\u200B\uFEFF",
            "\uD83D\uDE00\u00E9\u0301",
            "\uDE00\uD83D",
            "\uFFFF\uE000",
            "<script>alert(1)</script>",
            "${jndi:ldap://x/y} %n %s {} {}",
            "../../etc/passwd",
            "x".repeat(65_535),
            "\u0001".repeat(65_535));

    /** A kind of event that a later version of the broker may tell of. */
    private record OfALaterVersion(Instant at) implements BrokerEvent {}

    private BrokerListener listener = event -> {
        throw new IllegalStateException("not open");
    };

    /** For subclasses. */
    protected BrokerListenerConformance() {}

    /**
     * Makes the listener. Called before each test.
     *
     * @return the listener
     * @throws Exception fails the test
     */
    protected abstract BrokerListener listener() throws Exception;

    /** Makes the listener. */
    @BeforeEach
    final void open() throws Exception {
        listener = listener();
    }

    /** Closes it. */
    @AfterEach
    final void close() throws Exception {
        listener.close();
    }

    /**
     * One event of each kind, with one text wherever a client can choose one.
     *
     * @param text the text
     * @return the events, in the order of a client's life
     */
    protected static List<BrokerEvent> eventsWith(String text) {
        TestClientInfo client = TestClientInfo.of(text, text).withAttribute("groups", text);
        InetSocketAddress address = InetSocketAddress.createUnresolved("unix", 0);
        return List.of(
                new BrokerEvent.ClientRefused(NOW, Optional.empty(), Optional.empty(), address, "mqtt", 0x81, text),
                new BrokerEvent.ClientRefused(
                        NOW, Optional.of(text), Optional.of(text), client.remoteAddress(), "mqtt", 0x86, text),
                new BrokerEvent.ClientConnected(NOW, client, true),
                new BrokerEvent.ClientConnected(NOW, TestClientInfo.anonymous(text), false),
                new BrokerEvent.Subscribed(NOW, text, text, QoS.EXACTLY_ONCE),
                new BrokerEvent.AccessDenied(NOW, text, "publish", text),
                new BrokerEvent.AccessDenied(NOW, text, "subscribe", text),
                new BrokerEvent.Unsubscribed(NOW, text, text),
                new BrokerEvent.ClientDisconnected(NOW, client, 0x8E, text),
                new BrokerEvent.SessionEnded(NOW, text),
                new BrokerEvent.BridgeStateChanged(NOW, "hq", Bridge.State.DISCONNECTED, text),
                new BrokerEvent.EventsLost(NOW, 17));
    }

    @Test
    protected void takesEveryKindOfEvent() throws Exception {
        for (BrokerEvent event : eventsWith("meter-1")) {
            listener.onEvent(event);
        }
    }

    @Test
    protected void ignoresKindsThatItDoesNotKnow() throws Exception {
        listener.onEvent(new OfALaterVersion(NOW));
        takesEveryKindOfEvent();
    }

    @Test
    protected void bearsWhateverClientsCallThemselves() throws Exception {
        for (String text : HOSTILE_TEXTS) {
            for (BrokerEvent event : eventsWith(text)) {
                listener.onEvent(event);
            }
        }
    }

    /** A listener that takes longer loses events. */
    @Test
    protected void keepsUp() {
        List<BrokerEvent> events = eventsWith("meter-1");
        Assertions.assertTimeout(FOR_MANY, () -> {
            for (int i = 0; i < MANY; i++) {
                listener.onEvent(events.get(i % events.size()));
            }
        });
    }

    /** The broker tells on one thread, and makes and closes the listener on others. */
    @Test
    protected void isNotBoundToAThread() throws Exception {
        List<Throwable> failures = new ArrayList<>();
        for (BrokerEvent event : eventsWith("meter-1")) {
            Thread thread = new Thread(() -> {
                try {
                    listener.onEvent(event);
                } catch (Exception | LinkageError | AssertionError e) {
                    failures.add(e);
                }
            });
            thread.start();
            thread.join(TimeUnit.SECONDS.toMillis(30));
        }
        assertThat(failures).isEmpty();
    }

    @Test
    protected void bearsBeingClosedTwice() throws Exception {
        takesEveryKindOfEvent();
        listener.close();
        assertThatCode(listener::close).doesNotThrowAnyException();
    }
}
