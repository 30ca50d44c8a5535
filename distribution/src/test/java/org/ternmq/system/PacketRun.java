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

/** A row of a packet table on its way: one connection, and the observer if the row has one. Used by one thread. */
final class PacketRun implements AutoCloseable {
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
    private String cut = "";

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

    /** Opens a connection, and sends CONNECT if the row does not do that itself. */
    static PacketRun open(PacketRow row, PacketTransport transport, int port, int tcpPort) throws IOException {
        RawClient client = transport.open(port, row.version());
        Optional<RawClient> observer = row.observed() ? Optional.of(RawClient.open(tcpPort, 5)) : Optional.empty();
        PacketRun run = new PacketRun(row, client, observer);
        if (!row.fresh()) {
            client.send(RawClient.Connect.clean(run.word).packet(row.version()));
        }
        if (observer.isPresent()) {
            observer.get().send(RawClient.Connect.clean("o" + run.word).packet(5));
            observer.get().send(new Bytes()
                    .u8(0x82)
                    .counted(new Bytes()
                            .u16(1)
                            .varInt(0)
                            .text(run.word + "/#")
                            .u8(0x0A)) // QoS 2, Retain As Published
                    .toArray());
        }
        return run;
    }

    /** Waits until the row can begin. */
    void begin(String howItIsCut) throws IOException {
        cut = howItIsCut;
        if (!row.fresh()) {
            RawPacket connAck = client.expect(RawPacket.CONNACK);
            assertThat(connAck.u8(1)).as("reason code of %s", connAck).isZero();
        }
        if (observer.isPresent()) {
            observer.get().expect(RawPacket.CONNACK);
            observer.get().expect(RawPacket.SUBACK);
        }
    }

    int length() {
        return bytes.length;
    }

    /** Sends some of the row's bytes, unless the broker has closed the connection. */
    void send(int from, int to) throws IOException {
        int at = from;
        for (Map.Entry<Integer, Integer> wait :
                answersDue.subMap(from, true, to, false).entrySet()) {
            write(at, wait.getKey());
            at = wait.getKey();
            if (!conversation.await(wait.getValue())) {
                return;
            }
        }
        write(at, to);
    }

    private void write(int from, int to) throws IOException {
        if (from == to) {
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
    void check() throws IOException {
        conversation.readToEnd();
        assertThat(conversation.toString()).as("%s, %s", row, cut).isEqualTo(conversation.expected());
        if (observer.isPresent()) {
            Observation seen = new Observation(observer.get(), row.seen(word));
            assertThat(seen.read()).as("%s, %s: what another client gets", row, cut).isEqualTo(seen.expected());
        }
    }

    private static byte[] whole(RawPacket packet) {
        return new Bytes()
                .u8(packet.first())
                .counted(new Bytes().bytes(packet.body()))
                .toArray();
    }

    /** As the pattern is written if it fits, else as it is. */
    private static String tell(byte[] packet, List<PacketPattern> patterns, int index) {
        return index < patterns.size() && patterns.get(index).matches(packet)
                ? patterns.get(index).toString()
                : HexFormat.of().formatHex(packet);
    }

    /**
     * The answers in their order, and the PUBLISHes in theirs: the specification does not say how the ones stand among the
     * others.
     */
    private final class Conversation {
        private final List<PacketPattern> answers;
        private final List<PacketPattern> publishes;
        private final boolean closes;
        private final List<String> cameAsAnswer = new ArrayList<>();
        private final List<String> cameAsPublish = new ArrayList<>();
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
            if (row.version() == 5 && !row.exact()) {
                packet = ReasonStrings.removed(packet);
            }
            boolean publish = packet.type() == RawPacket.PUBLISH;
            List<String> list = publish ? cameAsPublish : cameAsAnswer;
            list.add(tell(whole(packet), publish ? publishes : answers, list.size()));
            return true;
        }

        String expected() {
            return answers + " " + publishes + " " + (closes ? "closed" : "alive");
        }

        @Override
        public String toString() {
            return cameAsAnswer + " " + cameAsPublish + " " + end;
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

        String read() throws IOException {
            List<String> came = new ArrayList<>();
            while (came.size() < patterns.size()) {
                Optional<RawPacket> packet = watcher.poll(RawClient.PATIENCE);
                if (packet.isEmpty()) {
                    return came + " and no more";
                }
                came.add(tell(whole(packet.get()), patterns, came.size()));
            }
            String mark = word + "/mark";
            watcher.send(watcher.publish(mark, 0, 0, 0, ""));
            RawPacket.Publish last = watcher.expectPublish();
            while (!last.topic().equals(mark)) {
                came.add(last.toString());
                last = watcher.expectPublish();
            }
            return came.toString();
        }

        String expected() {
            return patterns.toString();
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
