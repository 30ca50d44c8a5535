package org.ternmq.broker.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.protocol.Packet.Connect;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;
import org.ternmq.spi.control.TraceLine;
import org.ternmq.spi.control.TraceQuery;

final class TracesTest {
    private final Traces traces = new Traces(Clock.systemUTC());

    private static TraceQuery client(String clientId) {
        return new TraceQuery(Optional.of(clientId), Optional.empty(), false);
    }

    private static TraceQuery topic(String filter, boolean payload) {
        return new TraceQuery(Optional.empty(), Optional.of(TopicFilter.parse(filter)), payload);
    }

    private static List<TraceLine> lines(Trace trace) throws InterruptedException {
        List<TraceLine> lines = new ArrayList<>();
        for (Optional<TraceLine> next = trace.next(Duration.ZERO); next.isPresent(); next = trace.next(Duration.ZERO)) {
            lines.add(next.get());
        }
        return lines;
    }

    private void tell(String clientId, String publisher, String topic) {
        ApplicationMessage message = new ApplicationMessage(
                TopicName.ofValid(topic),
                QoS.AT_LEAST_ONCE,
                false,
                "words".getBytes(StandardCharsets.UTF_8),
                new byte[0],
                ApplicationMessage.NEVER,
                publisher);
        traces.tell(clientId, publisher, message.topic(), "queued", d -> d.message(message));
    }

    @Test
    void theFlagIsSetWhileThereIsOne() {
        assertThat(traces.isOn()).isFalse();
        Trace one = traces.begin(client("a"));
        Trace other = traces.begin(client("b"));
        one.close();
        one.close();
        assertThat(traces.isOn()).isTrue();
        other.close();
        assertThat(traces.isOn()).isFalse();
        List<Trace> many = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            many.add(traces.begin(client("a")));
        }
        assertThatThrownBy(() -> traces.begin(client("a"))).isInstanceOf(IllegalStateException.class);
        many.forEach(Trace::close);
        assertThat(traces.isOn()).isFalse();
    }

    @Test
    void aClientsTraceHasWhatIsItsOwnAndWhatBecomesOfWhatItPublishes() throws Exception {
        Trace trace = traces.begin(client("meter"));
        tell("meter", "other", "a");
        tell("subscriber", "meter", "b");
        tell("subscriber", "other", "c");
        assertThat(lines(trace)).extracting(line -> line.details().get("topic")).containsExactly("a", "b");
    }

    @Test
    void aTopicsTraceHasMessagesAndSubscriptionsOfIt() throws Exception {
        Trace hidden = traces.begin(topic("a/+", false));
        Trace shown = traces.begin(topic("a/#", true));
        tell("x", "y", "a/b");
        tell("x", "y", "b/a");
        traces.tellFilter("x", "a/b", "denied", d -> d.put("filter", "a/b"));
        traces.tellFilter("x", "#", "denied", d -> d.put("filter", "#"));
        traces.tellFilter("x", "b/#", "denied", d -> d.put("filter", "b/#"));
        List<TraceLine> lines = lines(hidden);
        assertThat(lines).extracting(TraceLine::event).containsExactly("queued", "denied", "denied");
        assertThat(lines.get(0).details()).containsEntry("bytes", "5").doesNotContainKey("payload");
        assertThat(lines(shown).get(0).details()).containsEntry("payload", "words");
    }

    @Test
    void passwordsAreNeverShown() throws Exception {
        Trace trace = traces.begin(new TraceQuery(Optional.of("c"), Optional.empty(), true));
        Connect connect =
                Connect.of(MqttVersion.V5_0, "c", true, 60, 0, null, "ada", "hunter2".getBytes(StandardCharsets.UTF_8));
        traces.tell("c", null, null, "received", d -> d.packet(connect, null));
        assertThat(lines(trace)).singleElement().satisfies(line -> {
            assertThat(line.details()).containsEntry("user", "ada").containsEntry("password", "not shown");
            assertThat(line.toString()).doesNotContain("hunter2", "aHVudGVyMg");
        });
    }

    @Test
    void whatNobodyReadsIsLostAndCounted() throws Exception {
        Trace trace = traces.begin(client("meter"));
        for (int i = 0; i < 5_000; i++) {
            tell("meter", "meter", "t/" + i);
        }
        assertThat(trace.lost()).isEqualTo(5_000 - 4_096);
        assertThat(lines(trace))
                .hasSize(4_096)
                .first()
                .satisfies(line -> assertThat(line.details()).containsEntry("topic", "t/0"));
    }

    @Test
    void whatTakesItsTimeIsWorkedOutByTheReaderAndMayFail() throws Exception {
        Trace trace = traces.begin(client("c"));
        AtomicInteger asked = new AtomicInteger();
        traces.tell("c", null, null, "denied", d -> d.later("rule", () -> "rule " + asked.incrementAndGet()));
        traces.tell(
                "c",
                null,
                null,
                "denied",
                d -> d.later("rule", () -> {
                    throw new IllegalStateException("broken rules");
                }));
        assertThat(asked).hasValue(0);
        List<TraceLine> lines = lines(trace);
        assertThat(lines.get(0).details()).containsEntry("rule", "rule 1");
        assertThat(lines.get(1).details().get("rule")).startsWith("not known: ").contains("broken rules");
    }
}
