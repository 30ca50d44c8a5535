package org.ternmq.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.ternmq.spi.EnhancedAuthenticator;
import org.ternmq.spi.EnhancedAuthenticator.Exchange;
import org.ternmq.spi.EnhancedAuthenticator.Step;
import org.ternmq.spi.EnhancedAuthenticator.Step.Accepted;
import org.ternmq.spi.EnhancedAuthenticator.Step.Challenge;
import org.ternmq.spi.EnhancedAuthenticator.Step.Rejected;

/**
 * What every enhanced authenticator must do. A plugin's test extends this class and says how to make the authenticator, and
 * what its clients say:
 *
 * <pre>{@code
 * final class MyEnhancedAuthenticatorTest extends EnhancedAuthenticatorConformance {
 *     @TempDir Path folder;
 *
 *     protected EnhancedAuthenticator authenticator() throws Exception {
 *         return new MyFactory().create(new TestPluginContext("mine", folder, Map.of("path", "keys")));
 *     }
 *
 *     protected String username() { return "ada"; }
 *     protected Client good() { return new MyClient("ada", "correct horse"); }
 *     protected Client bad() { return new MyClient("ada", "wrong"); }
 *     protected Client unknown() { return new MyClient("nobody", "correct horse"); }
 * }
 * }</pre>
 *
 * <p>A test that cannot hold for a plugin is overridden by name in the plugin's test, with the reason beside it.
 *
 * <p>A refusal is a {@link Rejected} or an exception: the broker lets nobody in by either. A client that does not go on, by an
 * exception of its own, is refused as well.
 */
public abstract class EnhancedAuthenticatorConformance {
    /** The client's side of one exchange. */
    public interface Client {
        /**
         * Says the next thing.
         *
         * @param challenge the authenticator's data, null for the first call
         * @return the Authentication Data to send, null to send none
         * @throws Exception if it will not go on
         */
        byte @Nullable [] next(byte @Nullable [] challenge) throws Exception;

        /**
         * It was let in. Checks what the authenticator has proven in return; by default nothing.
         *
         * @param data the last data, null if there was none
         * @throws Exception fails the test
         */
        default void accepted(byte @Nullable [] data) throws Exception {}
    }

    /** An exchange that takes more steps goes round in circles. */
    private static final int MAX_STEPS = 100;

    private static final int MAX_DATA = 65_535; // MQTT-3.1.2.11.10: Binary Data
    private static final int EXCHANGES_PER_THREAD = 5;
    private static final int ABANDONED = 1000;

    private @Nullable EnhancedAuthenticator made;

    /** For subclasses. */
    protected EnhancedAuthenticatorConformance() {}

    /**
     * Makes the authenticator. Called before each test.
     *
     * @return an authenticator that accepts {@link #good}
     * @throws Exception fails the test
     */
    protected abstract EnhancedAuthenticator authenticator() throws Exception;

    /**
     * The name that {@link #good} proves.
     *
     * @return the user name
     */
    protected abstract String username();

    /**
     * A client to be accepted.
     *
     * @return a client that has said nothing yet
     * @throws Exception fails the test
     */
    protected abstract Client good() throws Exception;

    /**
     * A client that claims to be {@link #username} and has a wrong proof.
     *
     * @return a client that has said nothing yet
     * @throws Exception fails the test
     */
    protected abstract Client bad() throws Exception;

    /**
     * A client that claims to be somebody who does not exist.
     *
     * @return a client that has said nothing yet
     * @throws Exception fails the test
     */
    protected abstract Client unknown() throws Exception;

    /**
     * What the CONNECT of all these clients holds beside the method.
     *
     * @return the credentials; by default without user name and password
     */
    protected TestCredentials credentials() {
        return new TestCredentials();
    }

    /** Makes the authenticator. */
    @BeforeEach
    final void open() throws Exception {
        made = authenticator();
    }

    /** Closes it. */
    @AfterEach
    final void close() throws Exception {
        tested().close();
    }

    @Test
    protected void servesOneMethod() {
        assertThat(tested().method()).isNotEmpty().isEqualTo(tested().method());
    }

    @Test
    protected void acceptsAGoodExchange() throws Exception {
        assertAccepted(good());
        assertAccepted(good()); // and again
    }

    @Test
    protected void refusesAWrongProof() throws Exception {
        assertRefused("a wrong proof", bad());
        assertAccepted(good());
        assertRefused("a wrong proof after a right one", bad());
    }

    @Test
    protected void refusesAnUnknownUser() throws Exception {
        assertRefused("an unknown user", unknown());
    }

    /** At each step in turn, what the client says is replaced by something else, and then it goes on as if nothing were. */
    @Test
    protected void refusesGarbageAtEachStep() throws Exception {
        Random random = new Random(7);
        Map<String, byte[]> garbage = new LinkedHashMap<>();
        garbage.put("a zero byte", new byte[1]);
        garbage.put("what is not UTF-8", new byte[] {(byte) 0xC3, (byte) 0x28});
        garbage.put("commas", ",,,,,,".getBytes(UTF_8));
        garbage.put("equals signs", "=,=,=,=".getBytes(UTF_8));
        garbage.put("braces", "{}".getBytes(UTF_8));
        garbage.put("spaces and a line end", "  \r\n".getBytes(UTF_8));
        for (int length : new int[] {2, 16, 64, 300}) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            garbage.put(length + " bytes of any value", bytes);
        }
        for (int step = 0; step < saidByGood().size(); step++) {
            int at = step;
            for (Map.Entry<String, byte[]> each : garbage.entrySet()) {
                assertRefused(each.getKey() + " at step " + at, instead(at, said -> each.getValue()));
            }
        }
    }

    /** At each step in turn, what the client says arrives damaged in one place. */
    @Test
    protected void refusesDamagedDataAtEachStep() throws Exception {
        List<byte[]> said = saidByGood();
        for (int step = 0; step < said.size(); step++) {
            int at = step;
            for (int i = 0; i < said.get(step).length; i++) {
                int place = i;
                String where = "byte " + i + " at step " + step;
                assertRefused(where + " changed", instead(at, good -> changed(good, place)));
                assertRefused(where + " missing, with all behind it", instead(at, good -> Arrays.copyOf(good, place)));
            }
            assertRefused("a closing NUL at step " + at, instead(at, good -> Arrays.copyOf(good, good.length + 1)));
        }
    }

    @Test
    protected void refusesEmptyDataAtEachStep() throws Exception {
        for (int step = 0; step < saidByGood().size(); step++) {
            assertRefused("data of length 0 at step " + step, instead(step, said -> new byte[0]));
        }
    }

    @Test
    protected void refusesMissingDataAtEachStep() throws Exception {
        for (int step = 0; step < saidByGood().size(); step++) {
            assertRefused("no data at step " + step, instead(step, said -> null));
        }
    }

    /** As long as a packet can hold: of one byte, and a beginning that is right. */
    @Test
    protected void refusesHugeDataAtEachStep() throws Exception {
        for (int step = 0; step < saidByGood().size(); step++) {
            for (char filling : new char[] {'\0', ' ', 'a', ',', '=', '\u00ff'}) {
                byte[] all = String.valueOf(filling).repeat(MAX_DATA).getBytes(ISO_8859_1);
                assertRefused("huge data of " + (int) filling + " at step " + step, instead(step, said -> all));
                assertRefused("huge data that begins well at step " + step, instead(step, said -> {
                    byte[] longer = all.clone();
                    System.arraycopy(said, 0, longer, 0, said.length);
                    return longer;
                }));
            }
        }
    }

    /** Whoever has listened to one exchange cannot say the same again. */
    @Test
    protected void refusesWhatWasSaidBefore() throws Exception {
        List<byte[]> said = saidByGood();
        assertRefused("a replay", new Client() {
            private int step;

            @Override
            public byte[] next(byte @Nullable [] challenge) {
                return said.get(Math.min(step++, said.size() - 1));
            }
        });
    }

    /** What the client of one exchange says lets nobody in by another that runs beside it. */
    @Test
    protected void keepsExchangesApart() throws Exception {
        Client first = good();
        Client second = good();
        try (Exchange one = tested().begin(credentials());
                Exchange other = tested().begin(credentials())) {
            Step stepOfOne = one.next(buffer(first.next(null)));
            Step stepOfOther = other.next(buffer(second.next(null)));
            while (stepOfOne instanceof Challenge toFirst && stepOfOther instanceof Challenge toSecond) {
                byte[] challenge = bytes(toFirst.data());
                byte[] answer = first.next(challenge);
                assertThat(challenge).as("two challenges").isNotEqualTo(bytes(toSecond.data()));
                stepOfOther = other.next(buffer(answer)); // crossed
                stepOfOne = one.next(buffer(answer));
            }
            assertThat(stepOfOther).as("the answer to another's challenge").isNotInstanceOf(Accepted.class);
            assertThat(stepOfOne).as("beside an exchange that failed").isInstanceOf(Accepted.class);
        }
    }

    @Test
    protected void bearsSeveralExchangesAtOnce() throws Exception {
        AtOnce.run(thread -> {
            boolean begins = thread % 2 == 0;
            for (int i = 0; i < EXCHANGES_PER_THREAD; i++) {
                if (begins == (i % 2 == 0)) {
                    assertAccepted(good());
                } else {
                    assertRefused("a wrong proof beside right ones", bad());
                }
            }
        });
    }

    /** A client that goes away in the middle, a thousand times. */
    @Test
    protected void bearsAbandonedExchanges() throws Exception {
        for (int i = 0; i < ABANDONED; i++) {
            try (Exchange exchange = tested().begin(credentials())) {
                if (i % 2 == 0) {
                    exchange.next(buffer(good().next(null)));
                }
            }
        }
        assertAccepted(good());
    }

    @Test
    protected void refusesAStepAfterAcceptance() throws Exception {
        Client client = good();
        try (Exchange exchange = tested().begin(credentials())) {
            List<byte[]> said = new ArrayList<>();
            assertThat(drive(exchange, client, said)).isInstanceOf(Accepted.class);
            assertOver(exchange, said);
        }
    }

    @Test
    protected void refusesAStepAfterARefusal() throws Exception {
        for (int step = 0; step < saidByGood().size(); step++) {
            try (Exchange exchange = tested().begin(credentials())) {
                List<byte[]> said = new ArrayList<>();
                Step end = drive(exchange, instead(step, was -> new byte[] {0}), said);
                assertThat(end).isNotInstanceOf(Accepted.class);
                assertOver(exchange, saidByGood());
            }
        }
    }

    @Test
    protected void keepsWhatClientsShowToItself() throws Exception {
        for (Client client : List.of(bad(), unknown())) {
            List<byte[]> said = new ArrayList<>();
            try (Exchange exchange = tested().begin(credentials())) {
                String detail = String.valueOf(drive(exchange, client, said));
                for (byte[] each : said) {
                    if (each.length > 8) {
                        assertThat(detail).doesNotContain(new String(each, UTF_8));
                    }
                }
            } catch (Exception e) {
                assertThat(said).as("what was said before %s", e).isNotEmpty();
            }
        }
    }

    @Test
    protected void reloadsWhatIsThere() throws Exception {
        tested().reload();
        assertAccepted(good());
        assertRefused("a wrong proof after a reload", bad());
    }

    /** A client that is known before and after comes in, though the reload is in the middle. */
    @Test
    protected void reloadsBesideAnExchange() throws Exception {
        Client client = good();
        Client reloading = new Client() {
            @Override
            public byte @Nullable [] next(byte @Nullable [] challenge) throws Exception {
                tested().reload();
                return client.next(challenge);
            }
        };
        assertAccepted(reloading);
    }

    @Test
    protected void bearsBeingClosedTwice() throws Exception {
        tested().close();
        assertThatCode(() -> tested().close()).doesNotThrowAnyException();
    }

    private EnhancedAuthenticator tested() {
        if (made == null) {
            throw new AssertionError("authenticator() made nothing");
        }
        return made;
    }

    private void assertAccepted(Client client) throws Exception {
        try (Exchange exchange = tested().begin(credentials())) {
            Step end = drive(exchange, client, new ArrayList<>());
            assertThat(end).isInstanceOf(Accepted.class);
            Accepted accepted = (Accepted) end;
            assertThat(accepted.username()).isEqualTo(username());
            client.accepted(
                    accepted.data().map(EnhancedAuthenticatorConformance::bytes).orElse(null));
        }
    }

    private void assertRefused(String what, Client client) throws Exception {
        try (Exchange exchange = tested().begin(credentials())) {
            Step end;
            try {
                end = drive(exchange, client, new ArrayList<>());
            } catch (Exception e) {
                return; // the broker refuses the client, or the client does not go on
            }
            assertThat(end).as(what).isInstanceOf(Rejected.class);
        }
    }

    private static void assertOver(Exchange exchange, List<byte[]> said) {
        for (byte[] again : said) {
            assertThat(refuses(exchange, again)).as("a step after the end").isTrue();
        }
    }

    private static boolean refuses(Exchange exchange, byte[] data) {
        try {
            return exchange.next(buffer(data)) instanceof Rejected;
        } catch (Exception e) {
            return true; // the broker refuses the client
        }
    }

    /** Goes on until the authenticator asks no more. */
    private static Step drive(Exchange exchange, Client client, List<byte[]> said) throws Exception {
        byte[] data = client.next(null);
        for (int step = 0; step < MAX_STEPS; step++) {
            if (data != null) {
                said.add(data);
            }
            Step next = exchange.next(buffer(data));
            assertThat(next).as("what follows").isNotNull();
            if (!(next instanceof Challenge challenge)) {
                return next;
            }
            data = client.next(bytes(challenge.data()));
        }
        throw new AssertionError("no end after " + MAX_STEPS + " steps");
    }

    private List<byte[]> saidByGood() throws Exception {
        List<byte[]> said = new ArrayList<>();
        try (Exchange exchange = tested().begin(credentials())) {
            assertThat(drive(exchange, good(), said)).isInstanceOf(Accepted.class);
        }
        return said;
    }

    private interface Damage {
        byte @Nullable [] to(byte[] said);
    }

    /** A good client but for one step. */
    private Client instead(int step, Damage damage) throws Exception {
        Client client = good();
        return new Client() {
            private int now;

            @Override
            public byte @Nullable [] next(byte @Nullable [] challenge) throws Exception {
                byte[] said = client.next(challenge);
                return now++ == step ? damage.to(said == null ? new byte[0] : said) : said;
            }
        };
    }

    private static byte[] changed(byte[] data, int place) {
        byte[] copy = data.clone();
        copy[place] ^= 1;
        return copy;
    }

    /** As the broker hands it over: read-only, and not at the beginning of what is behind it. */
    private static Optional<ByteBuffer> buffer(byte @Nullable [] data) {
        if (data == null) {
            return Optional.empty();
        }
        byte[] behind = new byte[data.length + 2];
        System.arraycopy(data, 0, behind, 1, data.length);
        return Optional.of(ByteBuffer.wrap(behind, 1, data.length).slice().asReadOnlyBuffer());
    }

    private static byte[] bytes(ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.duplicate().get(bytes);
        return bytes;
    }
}
