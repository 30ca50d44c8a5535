package org.ternmq.broker.transport;

import static io.netty.handler.codec.http.HttpHeaderNames.CONNECTION;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpHeaderNames.HOST;
import static io.netty.handler.codec.http.HttpHeaderNames.ORIGIN;
import static io.netty.handler.codec.http.HttpHeaderNames.SEC_WEBSOCKET_KEY;
import static io.netty.handler.codec.http.HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL;
import static io.netty.handler.codec.http.HttpHeaderNames.SEC_WEBSOCKET_VERSION;
import static io.netty.handler.codec.http.HttpHeaderNames.UPGRADE;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker13;
import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.config.ListenerConfig;
import org.ternmq.broker.config.WebSocketConfig;
import org.ternmq.broker.protocol.MqttVersion;

/**
 * Answers the one HTTP request of a connection: with the change to WebSocket, or with what is wrong with it. Owner: its
 * channel's loop.
 */
final class WebSocketUpgrade extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final int MAX_REQUEST_LINE = 4_096;
    private static final int MAX_HEADERS = 16_384;
    private static final int MAX_BODY = 1_024;
    private static final String VERSION = "13";

    private final String listener;
    private final WebSocketConfig config;
    private final boolean speaks31;
    private final WebSocketDecoderConfig frames;
    private final Reports reports;
    private boolean answered;

    private WebSocketUpgrade(ListenerConfig listener, WebSocketConfig config, int maxFrame, Reports reports) {
        this.listener = listener.name();
        this.config = config;
        this.speaks31 = listener.versions().contains(MqttVersion.V3_1);
        this.frames = WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(maxFrame)
                .expectMaskedFrames(true)
                .allowMaskMismatch(false)
                .allowExtensions(false)
                .closeOnProtocolViolation(true)
                .build();
        this.reports = reports;
    }

    /** Puts what it needs at the end of a pipeline. */
    static void addTo(
            ChannelPipeline pipeline, ListenerConfig listener, WebSocketConfig config, int maxFrame, Reports reports) {
        pipeline.addLast(
                new HttpServerCodec(MAX_REQUEST_LINE, MAX_HEADERS, MAX_BODY),
                new HttpObjectAggregator(MAX_BODY),
                new WebSocketUpgrade(listener, config, maxFrame, reports));
    }

    private record Refusal(HttpResponseStatus status, String text) {}

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        if (answered) {
            return; // it is closed already
        }
        answered = true;
        List<String> offered = offered(request);
        Optional<Refusal> refusal = refusal(request, offered);
        if (refusal.isPresent()) {
            refuse(ctx, refusal.get());
            return;
        }
        request.headers().set(SEC_WEBSOCKET_PROTOCOL, chosen(offered)); // the handshaker looks at one line only
        WebSocketServerHandshaker13 handshaker = new WebSocketServerHandshaker13(
                config.path(), chosen(offered), frames); // MQTT-6.0.0-4: the answer has this one
        handshaker.handshake(ctx.channel(), request).addListener(done -> {
            if (!done.isSuccess()) {
                ctx.close();
            }
        });
        ctx.pipeline().replace(this, null, new WebSocketFraming());
    }

    private Optional<Refusal> refusal(FullHttpRequest request, List<String> offered) {
        if (!request.decoderResult().isSuccess()) {
            return no(HttpResponseStatus.BAD_REQUEST, "This is no HTTP request that can be read.");
        }
        String target = request.uri();
        int query = target.indexOf('?');
        if (!(query < 0 ? target : target.substring(0, query)).equals(config.path())) {
            return no(HttpResponseStatus.NOT_FOUND, "There is nothing here.");
        }
        if (!request.method().equals(HttpMethod.GET)) {
            return no(HttpResponseStatus.METHOD_NOT_ALLOWED, "Only GET, to upgrade to WebSocket.");
        }
        // Before anything that tells a strange page more about what is here.
        List<String> origins = request.headers().getAll(ORIGIN);
        if (origins.size() > 1
                || (origins.size() == 1
                        && !allows(origins.get(0), request.headers().get(HOST)))) {
            return no(HttpResponseStatus.FORBIDDEN, "Pages of this site may not connect (allowed-origins).");
        }
        if (!request.headers().containsValue(UPGRADE, HttpHeaderValues.WEBSOCKET, true)
                || !request.headers().containsValue(CONNECTION, HttpHeaderValues.UPGRADE, true)) {
            return no(HttpResponseStatus.UPGRADE_REQUIRED, "This is MQTT over WebSocket.");
        }
        if (!VERSION.equals(request.headers().get(SEC_WEBSOCKET_VERSION))) {
            return no(HttpResponseStatus.UPGRADE_REQUIRED, "WebSocket version 13 is spoken here.");
        }
        if (!request.headers().contains(SEC_WEBSOCKET_KEY)) {
            return no(HttpResponseStatus.BAD_REQUEST, "Sec-WebSocket-Key is missing.");
        }
        if (offered.isEmpty()) { // MQTT-6.0.0-3
            return no(HttpResponseStatus.BAD_REQUEST, "The subprotocol mqtt must be offered.");
        }
        return Optional.empty();
    }

    /**
     * Whether an origin is in the list, or this very listener, named by an address or as localhost: libraries that are no
     * browser send that. A name will not do, as its owner can have it point here (DNS rebinding).
     */
    private boolean allows(String origin, @Nullable String host) {
        if (config.allows(origin)) {
            return true;
        }
        int scheme = origin.indexOf("://");
        if (host == null || scheme < 0 || !origin.substring(scheme + 3).equalsIgnoreCase(host)) {
            return false;
        }
        String name = host.replaceFirst(":\\d+$", "");
        return name.equalsIgnoreCase("localhost")
                || NetUtil.isValidIpV4Address(name)
                || name.startsWith("[") && NetUtil.isValidIpV6Address(name);
    }

    private static Optional<Refusal> no(HttpResponseStatus status, String text) {
        return Optional.of(new Refusal(status, text));
    }

    /** The subprotocols that the client offers and the broker speaks. */
    private List<String> offered(FullHttpRequest request) {
        List<String> usable = new ArrayList<>();
        for (String line : request.headers().getAll(SEC_WEBSOCKET_PROTOCOL)) {
            for (String offer : line.split(",", -1)) {
                String name = offer.trim();
                if (name.equals("mqtt") || name.equals("mqttv3.1") && speaks31) {
                    usable.add(name);
                }
            }
        }
        return usable;
    }

    private static String chosen(List<String> offered) {
        return offered.contains("mqtt") ? "mqtt" : offered.get(0);
    }

    private void refuse(ChannelHandlerContext ctx, Refusal refusal) {
        byte[] text = (refusal.text() + "\n").getBytes(StandardCharsets.UTF_8);
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, refusal.status(), Unpooled.wrappedBuffer(text));
        response.headers()
                .set(CONTENT_TYPE, "text/plain; charset=utf-8")
                .set(CONTENT_LENGTH, text.length)
                .set(CONNECTION, HttpHeaderValues.CLOSE);
        if (refusal.status().equals(HttpResponseStatus.UPGRADE_REQUIRED)) {
            response.headers().set(UPGRADE, HttpHeaderValues.WEBSOCKET).set(SEC_WEBSOCKET_VERSION, VERSION);
        } else if (refusal.status().equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
            response.headers().set("Allow", "GET");
        }
        reports.refused(ctx.channel(), listener, "HTTP " + refusal.status().code() + ": " + refusal.text());
        ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }
}
