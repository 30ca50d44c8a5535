package org.ternmq.broker.bench;

import io.netty.buffer.ByteBuf;

/** What a connection is there for: publishing or subscribing. Called on the connection's event loop. */
interface Traffic {
    /** The broker has accepted the connection. */
    void opened(Link link, int receiveMaximum);

    /** A message has arrived; its payload lies in {@code buffer} from {@code payload} on. */
    void publish(Link link, ByteBuf buffer, int payload, int length, int qos, int packetId);

    /** A PUBACK, PUBREC, PUBREL or PUBCOMP has arrived. */
    void ack(Link link, int type, int packetId, int reasonCode);

    /** Nothing more to read for now: what was written can go out. */
    void readComplete(Link link);

    /** There is room again for more to be written. */
    void writable();
}
