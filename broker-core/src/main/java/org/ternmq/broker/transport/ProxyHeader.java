package org.ternmq.broker.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.ternmq.broker.config.ProxyProtocolConfig;
import org.ternmq.broker.connection.Peer;

/**
 * Takes the header of the PROXY protocol, which must come first and from a proxy; notes the client's address and goes away.
 * Owner: its channel's loop.
 */
final class ProxyHeader extends ChannelInboundHandlerAdapter {
    /** Bytes of extensions, which nothing is made of. */
    private static final int MAX_EXTENSIONS = 4_096;

    private static final byte VERSION_1 = 'P';
    private static final byte VERSION_2 = '\r';

    private final ProxyProtocolConfig config;
    private final String listener;
    private final Reports reports;
    private boolean refused;

    private ProxyHeader(ProxyProtocolConfig config, String listener, Reports reports) {
        this.config = config;
        this.listener = listener;
        this.reports = reports;
    }

    /** Puts what it needs at the end of a pipeline. */
    static void addTo(ChannelPipeline pipeline, ProxyProtocolConfig config, String listener, Reports reports) {
        ProxyHeader header = new ProxyHeader(config, listener, reports);
        pipeline.addLast(header.new FirstByte(), new HAProxyMessageDecoder(MAX_EXTENSIONS), header);
    }

    private static boolean begins(ByteBuf bytes, byte with) {
        return bytes.isReadable() && bytes.getByte(bytes.readerIndex()) == with;
    }

    /** Tells what cannot be a header at once, where the decoder would wait for a line to end. */
    private final class FirstByte extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            if (refused) {
                bytes.release();
            } else if (begins(bytes, VERSION_1) || begins(bytes, VERSION_2)) {
                ctx.pipeline().remove(this);
                ctx.fireChannelRead(bytes);
            } else {
                bytes.release();
                refuse(ctx, "no PROXY header");
            }
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.fireChannelActive();
        InetAddress address = Peer.of(ctx.channel()).address().getAddress();
        if (address == null || config.from().stream().noneMatch(network -> network.contains(address))) {
            refuse(ctx, "not one of the proxies (proxy-protocol.from)");
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (!refused && message instanceof HAProxyMessage header) {
                take(ctx, header);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void take(ChannelHandlerContext ctx, HAProxyMessage header) {
        boolean proxied = header.command() == HAProxyCommand.PROXY;
        switch (header.proxiedProtocol()) {
            case TCP4, TCP6 -> {
                if (proxied) {
                    Optional<InetSocketAddress> client = client(header);
                    if (client.isEmpty()) {
                        refuse(ctx, "a PROXY header without the client's address");
                        return;
                    }
                    Peer.of(ctx.channel()).at(client.get()).noteAt(ctx.channel());
                }
            }
            case UDP4, UDP6, UNIX_DGRAM -> {
                if (proxied) {
                    refuse(ctx, "a PROXY header for " + header.proxiedProtocol());
                    return;
                }
            }
            case UNKNOWN, UNIX_STREAM -> {
                // The proxy's own connection, as for a check of health (LOCAL), or a client without an address: the
                // proxy's stays.
            }
        }
        ctx.pipeline().remove(this);
    }

    private static Optional<InetSocketAddress> client(HAProxyMessage header) {
        String source = header.sourceAddress();
        byte[] bytes = source == null ? null : NetUtil.createByteArrayFromIpAddressString(source);
        try {
            return bytes == null
                    ? Optional.empty()
                    : Optional.of(new InetSocketAddress(InetAddress.getByAddress(bytes), header.sourcePort()));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!refused) {
            refuse(ctx, "no PROXY header: " + cause.getMessage());
        }
    }

    private void refuse(ChannelHandlerContext ctx, String why) {
        refused = true;
        reports.refused(ctx.channel(), listener, why);
        ctx.close();
    }
}
