package org.ternmq.broker.transport;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.ternmq.broker.config.TlsConfig.UserName;
import org.ternmq.broker.connection.Peer;

/**
 * Stands behind the handler of TLS: notes whom the handshake proved to be there, counts and reports one that failed.
 * Owner: its channel's loop.
 */
final class TlsGuard extends ChannelInboundHandlerAdapter {
    private final SslHandler tls;
    private final Tls settings;
    private final String listener;
    private final Reports reports;
    private boolean failed;

    TlsGuard(SslHandler tls, Tls settings, String listener, Reports reports) {
        this.tls = tls;
        this.settings = settings;
        this.listener = listener;
        this.reports = reports;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslHandshakeCompletionEvent done) {
            if (done.isSuccess()) {
                reports.metrics().tlsHandshake();
                greet(ctx);
            } else {
                failed = true;
                reports.metrics().tlsHandshakeFailed();
                // A client, or a prober of ports, that goes away of its own accord is no news, as it is none without
                // TLS.
                if (!(root(done.cause()) instanceof ClosedChannelException)) {
                    reports.refused(ctx.channel(), listener, "TLS handshake failed: " + text(done.cause()));
                }
            }
        }
        ctx.fireUserEventTriggered(event);
    }

    private void greet(ChannelHandlerContext ctx) {
        Optional<X509Certificate> certificate = certificate();
        Optional<String> user = certificate.flatMap(shown -> CertificateUser.of(shown, settings.userName()));
        if (certificate.isEmpty() && settings.requiresCertificate()) {
            refuse(ctx, "no client certificate");
        } else if (certificate.isPresent() && user.isEmpty() && settings.userName() != UserName.NONE) {
            // Who shows a certificate is not taken for somebody else because it does not say who that is.
            refuse(
                    ctx,
                    "the certificate of "
                            + certificate.get().getSubjectX500Principal().getName()
                            + " has not exactly one user name (tls.user-name)");
        } else if (certificate.isPresent()) {
            new Peer(Peer.of(ctx.channel()).address(), certificate, user).noteAt(ctx.channel());
        }
    }

    private void refuse(ChannelHandlerContext ctx, String why) {
        reports.refused(ctx.channel(), listener, why);
        failed = true;
        ctx.close();
    }

    private Optional<X509Certificate> certificate() {
        try {
            return tls.engine().getSession().getPeerCertificates()[0] instanceof X509Certificate shown
                    ? Optional.of(shown)
                    : Optional.empty();
        } catch (SSLPeerUnverifiedException e) {
            return Optional.empty();
        }
    }

    /** What was decrypted behind a refusal is not for anybody. */
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (failed) {
            ReferenceCountUtil.release(message);
        } else {
            ctx.fireChannelRead(message);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!failed) {
            boolean wrapped = cause instanceof DecoderException && cause.getCause() instanceof IOException;
            ctx.fireExceptionCaught(wrapped ? cause.getCause() : cause);
        }
    }

    private static Throwable root(Throwable cause) {
        Throwable deepest = cause;
        for (int i = 0; i < 10 && deepest.getCause() != null; i++) {
            deepest = deepest.getCause();
        }
        return deepest;
    }

    private static String text(Throwable cause) {
        Throwable root = root(cause);
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }
}
