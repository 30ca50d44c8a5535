package org.ternmq.broker.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.SocketAddress;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One connection to the broker: connects, subscribes, and passes messages and acknowledgements on to its {@link Traffic}. What is
 * written is collected and goes out in one piece at {@link #flush}. Belongs to its event loop, but for what returns a future.
 */
final class Link extends ChannelInboundHandlerAdapter implements PacketHandler {
    private static final int BUFFER = 16 * 1024;
    private static final int SUBSCRIBE_ID = 1;

    private final BenchLoop loop;
    private final String clientId;
    private final byte[] connect;
    private final Traffic traffic;
    private final PacketReader reader;
    private final CompletableFuture<Link> opened = new CompletableFuture<>();
    private final CompletableFuture<Void> subscribed = new CompletableFuture<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    private @Nullable Channel channel;
    private @Nullable ByteBuf out;
    private boolean closing;
    private int reason;
    private long now;

    private Link(BenchLoop loop, int protocol, String clientId, byte[] connect, Traffic traffic) {
        this.loop = loop;
        this.clientId = clientId;
        this.connect = connect;
        this.traffic = traffic;
        this.reader = new PacketReader(protocol, this);
    }

    /** Connects; the future is complete when the broker has accepted. */
    static CompletableFuture<Link> open(
            BenchLoop loop,
            SocketAddress remote,
            @Nullable SocketAddress local,
            int protocol,
            String clientId,
            byte[] connect,
            Traffic traffic) {
        Link link = new Link(loop, protocol, clientId, connect, traffic);
        Bootstrap bootstrap = loop.bootstrap().handler(link);
        ChannelFuture connecting = local == null ? bootstrap.connect(remote) : bootstrap.connect(remote, local);
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                link.failed(new BenchException(clientId + ": no connection: " + done.cause(), done.cause()));
            }
        });
        return link.opened;
    }

    /** Subscribes; complete when the broker has granted it. From any thread, once. */
    CompletableFuture<Void> subscribe(int protocol, String topicFilter, int qos) {
        byte[] packet = Packets.subscribe(protocol, SUBSCRIBE_ID, topicFilter, qos);
        loop.execute(() -> {
            out().writeBytes(packet);
            flush();
        });
        return subscribed;
    }

    /** Says DISCONNECT and closes; complete when that is done. From any thread. */
    CompletableFuture<Void> close() {
        loop.execute(() -> {
            closing = true;
            Channel open = channel;
            if (open == null || !open.isActive()) {
                closed.complete(null);
                return;
            }
            ByteBuf last = out().writeBytes(Packets.disconnect());
            out = null;
            open.writeAndFlush(last).addListener(ChannelFutureListener.CLOSE);
        });
        return closed;
    }

    /** Keeps the connection alive. */
    void ping() {
        if (channel != null && channel.isActive()) {
            out().writeBytes(Packets.pingReq());
            flush();
        }
    }

    /** Where packets are written that the next {@link #flush} sends. */
    ByteBuf out() {
        ByteBuf buffer = out;
        if (buffer == null) {
            Channel open = channel;
            if (open == null) {
                throw new BenchException(clientId + ": not connected");
            }
            buffer = open.alloc().directBuffer(BUFFER);
            out = buffer;
        }
        return buffer;
    }

    /** Whether the network takes more. */
    boolean writable() {
        return channel != null && channel.isWritable() && (out == null || out.readableBytes() < 4 * BUFFER);
    }

    void flush() {
        ByteBuf buffer = out;
        if (buffer != null && channel != null) {
            out = null;
            channel.writeAndFlush(buffer, channel.voidPromise());
        }
    }

    /** The time at which what is being read now was received. */
    long now() {
        return now;
    }

    BenchLoop loop() {
        return loop;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        channel = ctx.channel();
        loop.add(this);
        out().writeBytes(connect);
        flush();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        now = System.nanoTime();
        try {
            reader.read(in, ctx.alloc());
        } finally {
            in.release();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        traffic.readComplete(this);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            traffic.writable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        loop.remove(this);
        reader.close();
        if (out != null) {
            out.release();
            out = null;
        }
        if (!closing) {
            failed(new BenchException(clientId + ": the broker closed the connection"
                    + (reason == 0 ? "" : ", reason code 0x" + Integer.toHexString(reason))));
        }
        closed.complete(null);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!closing) {
            failed(new BenchException(clientId + ": " + cause, cause));
        }
        ctx.close();
    }

    @Override
    public void connAck(int reasonCode, int receiveMaximum) {
        if (reasonCode == 0) {
            traffic.opened(this, receiveMaximum);
            opened.complete(this);
        } else {
            failed(new BenchException(clientId + ": refused with reason code 0x" + Integer.toHexString(reasonCode)));
        }
    }

    @Override
    public void subAck(int packetId, int reasonCode) {
        if (reasonCode < 0x80) {
            subscribed.complete(null);
        } else {
            failed(new BenchException(
                    clientId + ": subscription refused with reason code 0x" + Integer.toHexString(reasonCode)));
        }
    }

    @Override
    public void publish(ByteBuf buffer, int payload, int length, int qos, int packetId) {
        traffic.publish(this, buffer, payload, length, qos, packetId);
    }

    @Override
    public void ack(int type, int packetId, int reasonCode) {
        traffic.ack(this, type, packetId, reasonCode);
    }

    @Override
    public void disconnect(int reasonCode) {
        reason = reasonCode;
    }

    private void failed(BenchException why) {
        boolean early = opened.completeExceptionally(why);
        subscribed.completeExceptionally(why);
        if (!early) {
            loop.fail(why);
        }
    }
}
