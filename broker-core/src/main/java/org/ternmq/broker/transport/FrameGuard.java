package org.ternmq.broker.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.ternmq.broker.connection.Connection;

/**
 * In front of WebSocket, which keeps a frame until it is whole: has the bytes counted as those of a client that is not let in yet
 * before they are kept. Not needed any more once the client is in. Owner: its channel's loop.
 */
final class FrameGuard extends ChannelInboundHandlerAdapter {
    private final Connection connection;

    FrameGuard(Connection connection) {
        this.connection = connection;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (connection.isLetIn()) {
            ctx.pipeline().remove(this);
        } else if (message instanceof ByteBuf bytes && !connection.holdsInFront(bytes.readableBytes())) {
            bytes.release();
            return;
        }
        ctx.fireChannelRead(message);
    }
}
