package org.ternmq.system;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** What carries the rows of the packet tables to the broker. */
enum PacketTransport {
    TCP(Way.WHOLE, Way.BYTES, Way.BEHIND_CONNECT),
    WEBSOCKET(Way.FRAME, Way.FRAME_FOR_EACH_BYTE, Way.FRAGMENTS, Way.FRAME_WITH_CONNECT);

    /** How the bytes of a row leave. */
    enum Way {
        /** At once. */
        WHOLE,
        /** One by one. */
        BYTES,
        /** In one piece with the CONNECT before them. */
        BEHIND_CONNECT,
        /** In one WebSocket frame. */
        FRAME,
        /** In frames of one byte. */
        FRAME_FOR_EACH_BYTE,
        /** In one message of frames with one byte each, with a ping between them. */
        FRAGMENTS,
        /** In one frame with the CONNECT before them. */
        FRAME_WITH_CONNECT;

        RawClient open(TableBroker broker, int version) throws IOException {
            return switch (this) {
                case WHOLE, BYTES, BEHIND_CONNECT -> RawClient.open(broker.port(), version);
                case FRAME, FRAME_WITH_CONNECT, FRAME_FOR_EACH_BYTE ->
                    RawClient.open(RawWebSocket.open(broker.webPort()), version);
                case FRAGMENTS ->
                    RawClient.open(RawWebSocket.open(broker.webPort()).cutting(RawWebSocket.Cut.FRAGMENTS), version);
            };
        }

        /** Whether the bytes are sent one by one. */
        boolean bytesAlone() {
            return this == BYTES || this == FRAME_FOR_EACH_BYTE;
        }

        /** Whether the CONNECT before them is not waited for. */
        boolean withConnect() {
            return this == BEHIND_CONNECT || this == FRAME_WITH_CONNECT;
        }
    }

    private final List<Way> ways;

    PacketTransport(Way... ways) {
        this.ways = List.of(ways);
    }

    List<Way> ways() {
        return ways;
    }

    /** Where a row of that many bytes is cut in two. */
    List<Integer> cuts(int length) {
        Stream<Integer> cuts = switch (this) {
            case TCP -> Stream.of(1, length / 2, length - 1);
            case WEBSOCKET -> Stream.of(length / 2);
        };
        return cuts.filter(cut -> cut > 0 && cut < length).distinct().toList();
    }

    Way whole() {
        return ways.get(0);
    }
}
