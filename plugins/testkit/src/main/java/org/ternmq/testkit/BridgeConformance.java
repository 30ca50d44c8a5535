package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.Bridge.RefusedException;
import org.ternmq.spi.Bridge.State;
import org.ternmq.spi.Message;
import org.ternmq.spi.QoS;

/**
 * What every bridge must do. A plugin's test extends this class and says how to make the bridge, and what stands for the other
 * side. The bridge carries what is published to {@code out/#} here to the other side, and what comes from there arrives on
 * topics below {@code in/}; one that carries in one direction only overrides the tests of the other by name.
 */
public abstract class BridgeConformance {
    /** How long to wait for what must come. */
    protected static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Duration START = Duration.ofSeconds(2);
    private static final Duration CLOSE = Duration.ofSeconds(2);
    private static final int MANY = 300;

    private TestBrokerLink broker = new TestBrokerLink();
    private final List<Bridge> bridges = new ArrayList<>();

    /** For subclasses. */
    protected BridgeConformance() {}

    /**
     * Makes a bridge with the same settings and the same folder each time.
     *
     * @return a bridge that was not started
     * @throws Exception fails the test
     */
    protected abstract Bridge bridge() throws Exception;

    /**
     * Has the other side be there, with all that it had when it was there last.
     *
     * @throws Exception fails the test
     */
    protected abstract void comeBack() throws Exception;

    /**
     * Has the other side be away. It is away before the first test.
     *
     * @throws Exception fails the test
     */
    protected abstract void goAway() throws Exception;

    /**
     * What has arrived at the other side.
     *
     * @return the payloads as text, in order
     */
    protected abstract List<String> arrivedThere();

    /**
     * Has the other side send a message that it keeps until it is acknowledged.
     *
     * @param payload the text of the payload
     * @throws Exception fails the test
     */
    protected abstract void sendFromThere(String payload) throws Exception;

    /** A new broker. */
    @BeforeEach
    final void begin() {
        broker = new TestBrokerLink();
    }

    /** Ends what runs. */
    @AfterEach
    final void end() throws Exception {
        for (Bridge each : List.copyOf(bridges)) {
            close(each);
        }
        goAway();
    }

    /**
     * The broker as the bridge sees it.
     *
     * @return that of this test
     */
    protected final TestBrokerLink broker() {
        return broker;
    }

    /**
     * Makes and starts a bridge, which is closed after the test.
     *
     * @return the bridge
     * @throws Exception fails the test
     */
    protected final Bridge start() throws Exception {
        Bridge made = bridge();
        bridges.add(made);
        long began = System.nanoTime();
        made.start(broker);
        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .as("time to start")
                .isLessThan(START);
        return made;
    }

    private void close(Bridge bridge) throws Exception {
        bridges.remove(bridge);
        long began = System.nanoTime();
        bridge.close();
        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .as("time to close")
                .isLessThan(CLOSE.plusMillis(500));
    }

    /**
     * Waits until something is so.
     *
     * @param what in words, for the failure
     * @param condition asked again and again
     */
    protected static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not within " + PATIENCE + ": " + what);
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    private State lastState() {
        List<State> states = broker.states();
        return states.isEmpty() ? State.DISCONNECTED : states.get(states.size() - 1);
    }

    private void awaitConnected() {
        await("connected", () -> lastState() == State.CONNECTED);
    }

    private CompletionStage<Void> deliver(String payload, QoS qos) {
        return broker.deliver(Message.builder("out/a").payload(payload).qos(qos).build());
    }

    private static boolean isDone(CompletionStage<Void> stage) {
        CompletableFuture<Void> future = stage.toCompletableFuture();
        assertThat(future.isCompletedExceptionally()).as("failed completion").isFalse();
        return future.isDone();
    }

    private List<String> publishedTexts() {
        return broker.published().stream()
                .map(message -> StandardCharsets.UTF_8.decode(message.payload()).toString())
                .toList();
    }

    /** That the other side is away is no reason not to start, nor not to close. */
    @Test
    protected void startsAndClosesWhileTheOtherSideIsAway() throws Exception {
        close(start());
    }

    /** The broker closes also what it could not start. */
    @Test
    protected void closesWithoutAStart() throws Exception {
        Bridge made = bridge();
        assertThatCode(made::close).doesNotThrowAnyException();
    }

    /** Operators see whether the other side is there. */
    @Test
    protected void tellsWhetherTheOtherSideIsThere() throws Exception {
        comeBack();
        start();
        awaitConnected();
        goAway();
        await("disconnected", () -> lastState() == State.DISCONNECTED);
        comeBack();
        awaitConnected();
    }

    /** Messages arrive in the order in which they were handed over. */
    @Test
    protected void carriesOutInOrder() throws Exception {
        comeBack();
        start();
        awaitConnected();
        List<CompletionStage<Void>> all = IntStream.range(0, MANY)
                .mapToObj(i -> deliver("m" + i, i % 3 == 2 ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE))
                .toList();
        await("all completed", () -> all.stream().allMatch(BridgeConformance::isDone));
        assertThat(arrivedThere())
                .isEqualTo(IntStream.range(0, MANY).mapToObj(i -> "m" + i).toList());
    }

    /** A completion is a promise that the other side has the message. */
    @Test
    protected void completesOnlyWhatTheOtherSideHas() throws Exception {
        start();
        CompletionStage<Void> completion = deliver("kept", QoS.AT_LEAST_ONCE);
        assertThat(isDone(completion)).as("completed while nobody is there").isFalse();
        comeBack();
        await("completed", () -> isDone(completion));
        assertThat(arrivedThere()).contains("kept");
    }

    /** What was not completed before the end comes again, and is carried then. */
    @Test
    protected void carriesAgainWhatWasNotCompleted() throws Exception {
        Bridge first = start();
        CompletableFuture<Void> lost = deliver("again", QoS.AT_LEAST_ONCE).toCompletableFuture();
        close(first);
        assertThat(lost.isDone() && !lost.isCompletedExceptionally())
                .as("completed by a bridge that was closed")
                .isFalse();
        broker = new TestBrokerLink();
        comeBack();
        start();
        Message message =
                Message.builder("out/a").payload("again").qos(QoS.AT_LEAST_ONCE).build();
        CompletionStage<Void> completion = broker.deliver(message, 1, true);
        await("completed", () -> isDone(completion));
        assertThat(arrivedThere()).contains("again");
    }

    /** Nothing is taken from the other side for good before this broker has it. */
    @Test
    protected void leavesWithTheOtherSideWhatIsNotSafe() throws Exception {
        comeBack();
        broker.answers(message -> new CompletableFuture<>());
        Bridge first = start();
        awaitConnected();
        sendFromThere("precious");
        await("published", () -> publishedTexts().contains("precious"));
        close(first);
        broker = new TestBrokerLink();
        start();
        await("published again", () -> publishedTexts().contains("precious"));
    }

    /** A message that this broker refuses does not hold up those behind it. */
    @Test
    protected void goesOnAfterARefusal() throws Exception {
        comeBack();
        broker.answers(message -> publishedTexts().size() == 1
                ? CompletableFuture.failedFuture(new RefusedException(0x87, "not authorized"))
                : CompletableFuture.completedFuture(null));
        start();
        awaitConnected();
        sendFromThere("refused");
        sendFromThere("taken");
        await("both offered", () -> publishedTexts().containsAll(List.of("refused", "taken")));
    }

    /** A bridge does not end because the other side comes and goes. */
    @Test
    protected void comesBackByItself() throws Exception {
        start();
        for (int i = 0; i < 3; i++) {
            comeBack();
            CompletionStage<Void> completion = deliver("round" + i, QoS.AT_LEAST_ONCE);
            await("completed in round " + i, () -> isDone(completion));
            goAway();
        }
        assertThat(arrivedThere().stream().distinct()).containsExactly("round0", "round1", "round2");
    }
}
