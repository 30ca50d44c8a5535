package org.ternmq.system;

import java.io.IOException;
import java.util.List;

/** What carries the rows of the packet tables to the broker. */
enum PacketTransport {
    TCP(Way.WHOLE, Way.BYTES, Way.BEHIND_CONNECT);

    /** How the bytes of a row leave. */
    enum Way {
        /** At once. */
        WHOLE,
        /** One by one. */
        BYTES,
        /** In one piece with the CONNECT before them. */
        BEHIND_CONNECT;

        RawClient open(TableBroker broker, int version) throws IOException {
            return RawClient.open(broker.port(), version);
        }

        boolean bytesAlone() {
            return this == BYTES;
        }
    }

    private final List<Way> ways;

    PacketTransport(Way... ways) {
        this.ways = List.of(ways);
    }

    List<Way> ways() {
        return ways;
    }

    Way whole() {
        return ways.get(0);
    }
}
