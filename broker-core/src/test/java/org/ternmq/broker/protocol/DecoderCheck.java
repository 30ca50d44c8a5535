package org.ternmq.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What holds for the decoder whatever bytes arrive: packets, then "not yet" or one DisconnectException; the reader index moves
 * with packets only and never behind the end; the buffer is not released; any cut of the bytes has the same result; a packet
 * that the client's side writes again is read as the same packet.
 */
final class DecoderCheck {
    private static final String INCOMPLETE = "incomplete";
    /** Bytes before the input, so that an index from the start of the buffer would be seen. */
    private static final int BEFORE = 3;

    private final TopicNames names = new TopicNames(false, 256, 1 << 16);

    /**
     * Checks one input; any exception but the decoder's own, and any error, goes through.
     *
     * @param version of the CONNECT before, null for none
     * @param cut the input is also handed over in two parts, cut here modulo its length
     */
    void check(MqttVersion version, byte[] bytes, int cut) {
        List<Object> whole = new ArrayList<>();
        ByteBuf in = ByteBufAllocator.DEFAULT.directBuffer(bytes.length + 16);
        try {
            in.writeZero(BEFORE).writeBytes(bytes).readerIndex(BEFORE);
            decodeAll(decoder(version), in, whole);
        } finally {
            assertThat(in.refCnt()).as("references to the buffer").isEqualTo(1);
            in.release();
        }
        List<String> expected = describe(whole);
        int at = bytes.length == 0 ? 0 : Math.floorMod(cut, bytes.length);
        assertThat(inParts(version, bytes, at, bytes.length))
                .as("cut at %d", at)
                .isEqualTo(expected);
        if (bytes.length <= 64) {
            assertThat(inParts(version, bytes, 1, 1)).as("byte by byte").isEqualTo(expected);
        }
        MqttVersion spoken = version;
        for (Object result : whole) {
            if (result instanceof Packet.Connect connect) {
                spoken = connect.version();
            }
            if (result instanceof Packet packet) {
                checkWrittenAgain(spoken, packet);
            }
        }
    }

    /** Adds the packets that are in the bytes, and then the reason of the refusal or "incomplete". */
    void decodeAll(MqttDecoder decoder, ByteBuf in, List<Object> results) {
        Object result = next(decoder, in);
        while (result instanceof Packet) {
            results.add(result);
            result = next(decoder, in);
        }
        results.add(result);
    }

    MqttDecoder decoder(MqttVersion version) {
        return Decoding.decoder(version, DecoderLimits.DEFAULT, names);
    }

    private Object next(MqttDecoder decoder, ByteBuf in) {
        int from = in.readerIndex();
        try {
            Packet packet = decoder.decode(in);
            if (packet == null) {
                assertThat(in.readerIndex()).as("reader index without a packet").isEqualTo(from);
                return INCOMPLETE;
            }
            assertThat(in.readerIndex())
                    .as("reader index behind a packet")
                    .isGreaterThan(from)
                    .isLessThanOrEqualTo(in.writerIndex());
            return packet;
        } catch (DisconnectException e) {
            assertThat(e.detail()).isNotBlank();
            return e.reasonCode();
        }
    }

    /** The bytes up to the first cut, and from there in steps. */
    private List<String> inParts(MqttVersion version, byte[] bytes, int first, int step) {
        MqttDecoder decoder = decoder(version);
        ByteBuf in = Unpooled.buffer();
        List<Object> results = new ArrayList<>();
        int from = 0;
        int to = Math.min(first, bytes.length);
        while (true) {
            in.writeBytes(bytes, from, to - from);
            decodeAll(decoder, in, results);
            if (to == bytes.length || !results.get(results.size() - 1).equals(INCOMPLETE)) {
                return describe(results);
            }
            results.remove(results.size() - 1);
            from = to;
            to = Math.min(from + step, bytes.length);
        }
    }

    private void checkWrittenAgain(MqttVersion version, Packet packet) {
        ClientPackets client = new ClientPackets(version, names);
        if (packet instanceof Packet.Connect connect) {
            checkSame(null, connect, out -> client.connect(out, connect));
        } else if (packet instanceof Packet.Subscribe subscribe) {
            checkSame(version, subscribe, out -> client.subscribe(out, subscribe));
        } else if (packet instanceof Packet.Unsubscribe unsubscribe) {
            checkSame(version, unsubscribe, out -> client.unsubscribe(out, unsubscribe));
        } else if (packet instanceof Packet.Disconnect disconnect) {
            checkSame(version, disconnect, out -> client.disconnect(out, disconnect));
        } else if (packet instanceof Packet.Auth auth) {
            checkSame(version, auth, out -> client.auth(out, auth));
        }
    }

    private void checkSame(MqttVersion version, Packet packet, Consumer<ByteBuf> writer) {
        ByteBuf again = Unpooled.buffer();
        writer.accept(again);
        List<Object> results = new ArrayList<>();
        decodeAll(decoder(version), again, results);
        assertThat(describe(results)).as("written again").containsExactly(PacketText.describe(packet), INCOMPLETE);
    }

    private static List<String> describe(List<Object> results) {
        return results.stream()
                .map(result -> result instanceof Packet packet ? PacketText.describe(packet) : result.toString())
                .toList();
    }
}
