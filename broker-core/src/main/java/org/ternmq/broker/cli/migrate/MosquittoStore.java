package org.ternmq.broker.cli.migrate;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a Mosquitto keeps over its restarts, read whole from the snapshot that it writes ({@code mosquitto.db}): of version 5,
 * which 1.6 writes, or 6, which 2.0 and 2.1 write. Immutable once it is read.
 *
 * <p>The lengths are in network order, the numbers of messages and the times in the order of the machine that wrote it, which is
 * taken to be little-endian: so are all that Mosquitto is packaged for.
 */
final class MosquittoStore {
    /** A client that is kept; {@code expiresAt} in seconds since the epoch, 0 while it is connected or if it is kept for ever. */
    record Client(String id, String username, long expiryInterval, long expiresAt) {}

    /** A subscription; the options are those of MQTT 5.0, without the QoS. */
    record Subscription(String clientId, String filter, int qos, int options, int identifier) {}

    /** A message; {@code expiresAt} in seconds since the epoch, 0 for never. */
    record Message(
            String topic,
            byte[] payload,
            int qos,
            boolean retain,
            long expiresAt,
            String source,
            ByteBuffer properties) {}

    /** A message that a client is to get, or that came from it and is not finished. */
    record Pending(
            String clientId,
            long message,
            int packetId,
            int qos,
            boolean retain,
            State state,
            boolean fromClient,
            ByteBuffer properties) {}

    /** How far it is, by the numbers of the file. */
    enum State {
        INVALID,
        PUBLISH_QOS0,
        PUBLISH_QOS1,
        WAIT_FOR_PUBACK,
        PUBLISH_QOS2,
        WAIT_FOR_PUBREC,
        RESEND_PUBREL,
        WAIT_FOR_PUBREL,
        RESEND_PUBCOMP,
        WAIT_FOR_PUBCOMP,
        SEND_PUBREC,
        QUEUED
    }

    private static final byte[] MAGIC = "\0\u00B5\0mosquitto db".getBytes(StandardCharsets.ISO_8859_1);
    /** More than any packet holds. */
    private static final int LONGEST = 300 << 20;

    private static final int MESSAGE = 2;
    private static final int PENDING = 3;
    private static final int RETAINED = 4;
    private static final int SUBSCRIPTION = 5;
    private static final int CLIENT = 6;

    private final List<Client> clients = new ArrayList<>();
    private final List<Subscription> subscriptions = new ArrayList<>();
    private final Map<Long, Message> messages = new LinkedHashMap<>();
    private final List<Pending> pending = new ArrayList<>();
    private final List<Long> retained = new ArrayList<>();

    private MosquittoStore() {}

    /**
     * Reads a snapshot.
     *
     * @throws IOException with words for people if it cannot be read, is none, or is cut
     */
    static MosquittoStore read(Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
            byte[] magic = in.readNBytes(MAGIC.length);
            if (!Arrays.equals(magic, MAGIC)) {
                throw new IOException(file + " is no snapshot of Mosquitto");
            }
            in.readInt(); // a checksum that is always 0
            int version = in.readInt();
            if (version != 5 && version != 6) {
                throw new IOException(
                        file + " has version " + version + "; 5 and 6 are read, which Mosquitto writes from"
                                + " 1.6 on: start a newer one on it and stop it, so that it writes the file anew");
            }
            MosquittoStore store = new MosquittoStore();
            store.chunks(in, version);
            return store;
        } catch (EOFException | BufferUnderflowException | IllegalArgumentException e) {
            throw new IOException(file + " is cut or damaged: stop Mosquitto, so that it writes the file whole", e);
        }
    }

    private void chunks(DataInputStream in, int version) throws IOException {
        while (true) {
            int first = in.read();
            if (first < 0) {
                return; // at the end of a chunk, and so of the file
            }
            byte[] rest = new byte[3];
            in.readFully(rest);
            int kind = ByteBuffer.allocate(4).put((byte) first).put(rest).getInt(0);
            int length = in.readInt();
            if (length < 0 || length > LONGEST) {
                throw new EOFException();
            }
            byte[] bytes = in.readNBytes(length);
            if (bytes.length < length) {
                throw new EOFException();
            }
            ByteBuffer chunk = ByteBuffer.wrap(bytes);
            switch (kind) {
                case MESSAGE -> message(chunk);
                case PENDING -> pending(chunk);
                case RETAINED -> retained.add(number(chunk));
                case SUBSCRIPTION -> subscription(chunk);
                case CLIENT -> client(chunk, version);
                default -> {} // the head, and what later versions may add
            }
        }
    }

    private static long number(ByteBuffer in) {
        long value = in.order(ByteOrder.LITTLE_ENDIAN).getLong();
        in.order(ByteOrder.BIG_ENDIAN);
        return value;
    }

    private static int length(ByteBuffer in) {
        return in.getShort() & 0xFFFF;
    }

    private static byte[] bytes(ByteBuffer in, int length) {
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static String text(ByteBuffer in, int length) {
        return new String(bytes(in, length), StandardCharsets.UTF_8);
    }

    private static void skip(ByteBuffer in, int count) {
        bytes(in, count);
    }

    private void client(ByteBuffer in, int version) {
        long expiresAt = number(in);
        long interval = in.getInt() & 0xFFFF_FFFFL;
        skip(in, 2); // the last packet identifier
        int idLength = length(in);
        int usernameLength = 0;
        if (version >= 6) {
            skip(in, 2); // the port of its listener
            usernameLength = length(in);
            skip(in, 4);
        }
        String id = text(in, idLength);
        clients.add(new Client(id, text(in, usernameLength), interval, expiresAt));
    }

    private void message(ByteBuffer in) {
        long id = number(in);
        long expiresAt = number(in);
        int payloadLength = in.getInt();
        skip(in, 2); // the packet identifier it came with
        int sourceLength = length(in);
        int usernameLength = length(in);
        int topicLength = length(in);
        skip(in, 2); // the port it came by
        int qos = in.get();
        boolean retain = in.get() != 0;
        String source = text(in, sourceLength);
        skip(in, usernameLength);
        String topic = text(in, topicLength);
        byte[] payload = bytes(in, payloadLength);
        messages.put(id, new Message(topic, payload, qos, retain, expiresAt, source, in.slice()));
    }

    private void pending(ByteBuffer in) {
        long message = number(in);
        int packetId = length(in);
        int idLength = length(in);
        int qos = in.get();
        int state = in.get();
        boolean retain = (in.get() & 0xF0) != 0;
        boolean fromClient = in.get() == 0;
        if (state < 0 || state >= State.values().length) {
            throw new IllegalArgumentException("state " + state);
        }
        String clientId = text(in, idLength);
        pending.add(
                new Pending(clientId, message, packetId, qos, retain, State.values()[state], fromClient, in.slice()));
    }

    private void subscription(ByteBuffer in) {
        int identifier = in.getInt();
        int idLength = length(in);
        int topicLength = length(in);
        int qos = in.get();
        int options = in.get();
        skip(in, 2);
        String clientId = text(in, idLength);
        subscriptions.add(new Subscription(clientId, text(in, topicLength), qos, options, identifier));
    }

    List<Client> clients() {
        return clients;
    }

    List<Subscription> subscriptions() {
        return subscriptions;
    }

    /** All messages, by the numbers that the others name. */
    Map<Long, Message> messages() {
        return messages;
    }

    /** In the order in which each client gets its own. */
    List<Pending> pending() {
        return pending;
    }

    /** The numbers of the retained messages. */
    List<Long> retained() {
        return retained;
    }
}
