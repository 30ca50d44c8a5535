package org.ternmq.system;

import java.io.IOException;

/** What carries the rows of the packet tables to the broker. */
enum PacketTransport {
    TCP {
        @Override
        RawClient open(int port, int version) throws IOException {
            return RawClient.open(port, version);
        }
    };

    abstract RawClient open(int port, int version) throws IOException;
}
