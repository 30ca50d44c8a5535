package org.ternmq.broker.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;

/**
 * Between WebSocket's frames and MQTT's bytes: where a frame ends means nothing (MQTT-6.0.0-2), and each buffer that goes out
 * is one binary frame. Owner: its channel's loop.
 */
final class WebSocketFraming extends ChannelDuplexHandler {
    private boolean closing;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (closing || !(message instanceof WebSocketFrame frame)) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (frame instanceof BinaryWebSocketFrame || frame instanceof ContinuationWebSocketFrame) {
            ByteBuf content = frame.content();
            if (content.isReadable()) {
                ctx.fireChannelRead(content);
                return;
            }
        } else if (frame instanceof PingWebSocketFrame) {
            ctx.writeAndFlush(new PongWebSocketFrame(frame.content()));
            return;
        } else if (frame instanceof CloseWebSocketFrame) {
            sayClose(ctx, new CloseWebSocketFrame(true, 0, frame.content()));
            ctx.close();
            return;
        } else if (!(frame instanceof PongWebSocketFrame)) { // MQTT-6.0.0-1
            sayClose(ctx, new CloseWebSocketFrame(WebSocketCloseStatus.INVALID_MESSAGE_TYPE, "MQTT is binary"));
            ctx.fireExceptionCaught(new IOException("a WebSocket frame that is not binary"));
        }
        frame.release();
    }

    /** The frame goes out now or, if the client takes nothing, never: the close does not wait for it. */
    private void sayClose(ChannelHandlerContext ctx, CloseWebSocketFrame frame) {
        closing = true;
        ctx.writeAndFlush(frame, ctx.voidPromise());
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes && bytes.isReadable()) {
            if (closing) { // nothing follows the close frame (RFC 6455, 5.5.1)
                bytes.release();
                promise.trySuccess();
                return;
            }
            ctx.write(new BinaryWebSocketFrame(bytes), promise);
        } else {
            ctx.write(message, promise);
        }
    }

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        if (!closing && ctx.channel().isActive()) {
            sayClose(ctx, new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE));
        }
        ctx.close(promise);
    }

    /** A broken frame is the client's fault; the decoder has sent the close frame that says so. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof DecoderException) {
            closing = true;
            ctx.fireExceptionCaught(new IOException("WebSocket: " + cause.getMessage(), cause));
        } else {
            ctx.fireExceptionCaught(cause);
        }
    }
}
