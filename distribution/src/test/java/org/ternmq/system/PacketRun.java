package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/** A row of a packet table on its way: one connection, and the observer if the row has one. Used by one thread. */
final class PacketRun implements AutoCloseable {
    /** More than this in one frame with CONNECT is more than a client may send before it is let in. */
    private static final int MOST_WITH_CONNECT = 200 << 10;

    private static final byte[] PINGREQ = {(byte) 0xC0, 0};
    private static final int WORD = 8;

    private final PacketRow row;
    private final String word = word();
    private final byte[] bytes;
    /** Where in the bytes a part begins that is not sent before the answers to the ones before are there. */
    private final NavigableMap<Integer, Integer> answersDue = new TreeMap<>();

    private final RawClient client;
    private final Optional<RawClient> observer;
    private final Conversation conversation;
    /** How many bytes have gone out with the CONNECT. */
    private int sent;

    private PacketRun(PacketRow row, RawClient client, Optional<RawClient> observer) {
        this.row = row;
        this.client = client;
        this.observer = observer;
        List<List<PacketPattern>> answers = row.answers(word);
        Bytes all = new Bytes();
        int due = 0;
        int step = 0;
        for (byte[] part : row.sent(word)) {
            if (step > 0) {
                due += answers.get(step - 1).size();
                answersDue.put(all.toArray().length, due);
            }
            all.bytes(part);
            step++;
        }
        this.bytes = all.toArray();
        this.conversation =
                new Conversation(answers.stream().flatMap(List::stream).toList(), row.closes());
    }

    private static String word() {
        return String.format("%0" + WORD + "x", ThreadLocalRandom.current().nextInt());
    }

    /** Opens a connection on which the row can begin: with a CONNECT behind it, unless the row brings one itself. */
    static PacketRun open(PacketRow row, TableBroker broker, PacketTransport.Way way) throws IOException {
        Optional<RawClient> observer =
                row.observed() ? Optional.of(RawClient.open(broker.port(), 5)) : Optional.empty();
        PacketRun run = new PacketRun(row, way.open(broker, row.version()), observer);
        if (observer.isPresent()) {
            run.observe(observer.get());
        }
        if (!row.fresh()) {
            run.connect(way.withConnect());
        }
        return run;
    }

    private void observe(RawClient watcher) throws IOException {
        watcher.send(RawClient.Connect.clean("o" + word).packet(5));
        watcher.expect(RawPacket.CONNACK);
        Bytes everything = new Bytes().u16(1).varInt(0).text(word + "/#").u8(0x0A); // QoS 2, Retain As Published
        watcher.send(new Bytes().u8(0x82).counted(everything).toArray());
        watcher.expect(RawPacket.SUBACK);
    }

    private void connect(boolean withWhatFollows) throws IOException {
        byte[] connect = RawClient.Connect.clean(word).packet(row.version());
        if (withWhatFollows && bytes.length < MOST_WITH_CONNECT) {
            Map.Entry<Integer, Integer> wait = answersDue.firstEntry();
            sent = wait == null ? bytes.length : wait.getKey();
            client.send(
                    new Bytes().bytes(connect).bytes(Arrays.copyOf(bytes, sent)).toArray());
        } else {
            client.send(connect);
        }
        RawPacket connAck = client.expect(RawPacket.CONNACK);
        assertThat(connAck.u8(1)).as("reason code of %s", connAck).isZero();
    }

    int length() {
        return bytes.length;
    }

    /** Sends some of the row's bytes, unless the broker has closed the connection. */
    void send(int from, int to) throws IOException {
        int at = Math.max(from, sent);
        for (Map.Entry<Integer, Integer> wait :
                answersDue.subMap(at, true, Math.max(at, to), false).entrySet()) {
            write(at, wait.getKey());
            at = wait.getKey();
            if (!conversation.await(wait.getValue())) {
                return;
            }
        }
        write(at, to);
    }

    private void write(int from, int to) throws IOException {
        if (from >= to) {
            return;
        }
        try {
            client.send(Arrays.copyOfRange(bytes, from, to));
        } catch (SocketException e) {
            if (!row.closes()) {
                throw e;
            }
        }
    }

    /** What comes back must be what the row says. */
    void check(String way) throws IOException {
        conversation.readToEnd();
        conversation.check(way);
        if (observer.isPresent()) {
            new Observation(observer.get(), row.seen(word)).check(way);
        }
    }

    private static byte[] whole(RawPacket packet) {
        return new Bytes()
                .u8(packet.first())
                .counted(new Bytes().bytes(packet.body()))
                .toArray();
    }

    private static boolean match(List<byte[]> came, List<PacketPattern> patterns) {
        return came.size() == patterns.size()
                && IntStream.range(0, came.size()).allMatch(i -> patterns.get(i).matches(came.get(i)));
    }

    /** Those that fit as their patterns are written, the others as they are. */
    private static List<String> tell(List<byte[]> came, List<PacketPattern> patterns) {
        return IntStream.range(0, came.size())
                .mapToObj(i -> i < patterns.size() && patterns.get(i).matches(came.get(i))
                        ? patterns.get(i).toString()
                        : HexFormat.of().formatHex(came.get(i)))
                .toList();
    }

    /**
     * The answers in their order, and the PUBLISHes in theirs: the specification does not say how the ones stand among the
     * others.
     */
    private final class Conversation {
        private final List<PacketPattern> answers;
        private final List<PacketPattern> publishes;
        private final boolean closes;
        private final List<byte[]> cameAsAnswer = new ArrayList<>();
        private final List<byte[]> cameAsPublish = new ArrayList<>();
        private boolean asked;
        private String end = "open";

        Conversation(List<PacketPattern> all, boolean closes) {
            this.answers = all.stream().filter(p -> !p.isPublish()).toList();
            this.publishes = all.stream().filter(PacketPattern::isPublish).toList();
            this.closes = closes;
        }

        /** Waits until so many packets have come; false if that will not be. */
        boolean await(int packets) throws IOException {
            try {
                while (came() < packets) {
                    if (!next()) {
                        return false;
                    }
                }
                return true;
            } catch (EOFException | SocketException e) {
                end = "closed";
                return false;
            }
        }

        void readToEnd() throws IOException {
            int due = closes ? Integer.MAX_VALUE : answers.size() + publishes.size();
            if (!await(due)) {
                return;
            }
            client.send(PINGREQ);
            asked = true;
            await(Integer.MAX_VALUE);
        }

        private int came() {
            return cameAsAnswer.size() + cameAsPublish.size();
        }

        private boolean next() throws IOException {
            Optional<RawPacket> came = client.poll(RawClient.PATIENCE);
            if (came.isEmpty()) {
                end = "silent";
                return false;
            }
            RawPacket packet = came.get();
            if (asked && packet.type() == RawPacket.PINGRESP) {
                end = "alive";
                return false;
            }
            // A client of an unknown version gets a CONNACK of 5.0.
            if (!row.exact() && (row.version() == 5 || packet.type() == RawPacket.CONNACK)) {
                packet = ReasonStrings.removed(packet);
            }
            (packet.type() == RawPacket.PUBLISH ? cameAsPublish : cameAsAnswer).add(whole(packet));
            return true;
        }

        void check(String way) {
            String due = closes ? "closed" : "alive";
            if (!match(cameAsAnswer, answers) || !match(cameAsPublish, publishes) || !end.equals(due)) {
                assertThat(tell(cameAsAnswer, answers) + " " + tell(cameAsPublish, publishes) + " " + end)
                        .as("%s, %s", row, way)
                        .isEqualTo(answers + " " + publishes + " " + due);
            }
        }
    }

    /** What the observer gets until a message of its own has come back to it. */
    private final class Observation {
        private final RawClient watcher;
        private final List<PacketPattern> patterns;

        Observation(RawClient watcher, List<PacketPattern> patterns) {
            this.watcher = watcher;
            this.patterns = patterns;
        }

        void check(String way) throws IOException {
            List<byte[]> came = new ArrayList<>();
            Optional<RawPacket> packet = Optional.empty();
            while (came.size() < patterns.size() && (packet = watcher.poll(RawClient.PATIENCE)).isPresent()) {
                came.add(whole(packet.get()));
            }
            String mark = word + "/mark";
            watcher.send(watcher.publish(mark, 0, 0, 0, ""));
            RawPacket last = watcher.expect(RawPacket.PUBLISH);
            while (!last.publish(5).topic().equals(mark)) {
                came.add(whole(last));
                last = watcher.expect(RawPacket.PUBLISH);
            }
            if (!match(came, patterns)) {
                assertThat(tell(came, patterns).toString())
                        .as("%s, %s: what another client gets", row, way)
                        .isEqualTo(patterns.toString());
            }
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
        if (observer.isPresent()) {
            observer.get().close();
        }
    }
}
