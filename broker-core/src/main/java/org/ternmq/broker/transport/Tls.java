package org.ternmq.broker.transport;

import io.netty.channel.Channel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.config.TlsConfig;
import org.ternmq.broker.config.TlsConfig.UserName;
import org.ternmq.broker.config.TlsFiles;

/**
 * TLS of one listener: the certificate in force, which can be replaced while clients are connected. These keep what they
 * have agreed on; a session of TLS is not resumed across a replacement, so that a revoked certificate does not live on in it.
 *
 * <p>Safe for use by all threads.
 */
final class Tls {
    private static final Logger LOG = LoggerFactory.getLogger(Tls.class);
    private static final Duration EXPIRES_SOON = Duration.ofDays(30);

    private final String listener;
    private final TlsConfig config;
    private final Clock clock;
    private final SslProvider provider;
    private volatile TlsFiles files;
    private volatile SslContext context;

    /**
     * Reads the files.
     *
     * @throws IOException if they cannot be used, or OpenSSL is asked for and not there
     */
    Tls(String listener, TlsConfig config, Clock clock) throws IOException {
        this.listener = listener;
        this.config = config;
        this.clock = clock;
        this.provider = provider();
        try {
            files = TlsFiles.load(config);
            context = build(files);
        } catch (TlsFiles.UnusableException | GeneralSecurityException | SSLException e) {
            throw new IOException("listener '" + listener + "' cannot speak TLS: " + e.getMessage(), e);
        }
        warnOfExpiry();
    }

    private SslProvider provider() throws IOException {
        boolean openSsl = OpenSsl.isAvailable();
        return switch (config.provider()) {
            case JDK -> SslProvider.JDK;
            case OPENSSL -> {
                if (!openSsl) {
                    throw new IOException("listener '" + listener + "' cannot speak TLS: provider openssl is not"
                            + " available here: " + OpenSsl.unavailabilityCause());
                }
                yield SslProvider.OPENSSL;
            }
            case AUTO -> {
                if (!config.ciphers().isEmpty()) {
                    yield SslProvider.JDK;
                }
                LOG.info(
                        "Listener '{}': TLS by {}",
                        listener,
                        openSsl
                                ? OpenSsl.versionString()
                                : "the JDK, as OpenSSL is not available here: "
                                        + reason(OpenSsl.unavailabilityCause()));
                yield openSsl ? SslProvider.OPENSSL : SslProvider.JDK;
            }
        };
    }

    private static String reason(Throwable cause) {
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private SslContext build(TlsFiles of) throws GeneralSecurityException, IOException {
        SslContextBuilder builder = SslContextBuilder.forServer(of.key(), of.chain())
                .sslProvider(provider)
                .protocols(config.protocols())
                .clientAuth(
                        switch (config.clientAuth()) {
                            case NONE -> ClientAuth.NONE;
                            case OPTIONAL -> ClientAuth.OPTIONAL;
                            case REQUIRED -> ClientAuth.REQUIRE;
                        });
        if (!config.ciphers().isEmpty()) {
            builder.ciphers(config.ciphers(), IdentityCipherSuiteFilter.INSTANCE);
        }
        if (!of.clientCas().isEmpty()) {
            builder.trustManager(trust(of.clientCas(), of.clientCrls()));
        }
        return builder.build();
    }

    private static TrustManagerFactory trust(List<X509Certificate> cas, List<X509CRL> crls)
            throws GeneralSecurityException, IOException {
        KeyStore anchors = KeyStore.getInstance("PKCS12");
        anchors.load(null, null);
        for (int i = 0; i < cas.size(); i++) {
            anchors.setCertificateEntry("ca" + i, cas.get(i));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        if (crls.isEmpty()) {
            factory.init(anchors);
            return factory;
        }
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, new X509CertSelector());
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(crls)));
        PKIXRevocationChecker checker =
                (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
        // Nothing is fetched, and who cannot be looked up in a list is refused.
        checker.setOptions(
                EnumSet.of(PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK));
        parameters.addCertPathChecker(checker);
        factory.init(new CertPathTrustManagerParameters(parameters));
        return factory;
    }

    /** The handler for one connection; to be put before what speaks MQTT, and a {@link TlsGuard} behind it. */
    SslHandler handler(Channel channel) {
        SslHandler handler = context.newHandler(channel.alloc());
        handler.setHandshakeTimeoutMillis(config.handshakeTimeout().toMillis());
        return handler;
    }

    /** Which part of a client's certificate is its user name. */
    UserName userName() {
        return config.userName();
    }

    /** Whether there is no connection without a client's certificate. */
    boolean requiresCertificate() {
        return config.clientAuth() == TlsConfig.ClientAuth.REQUIRED;
    }

    /** Reads the files again, for connections to come. If they cannot be used the old ones stay in force; false then. */
    boolean reload() {
        try {
            TlsFiles fresh = TlsFiles.load(config);
            context = build(fresh);
            files = fresh;
        } catch (TlsFiles.UnusableException | GeneralSecurityException | IOException | RuntimeException e) {
            LOG.error(
                    "The certificate of listener '{}' was not reloaded, the old one stays in force: {}",
                    listener,
                    e.getMessage());
            return false;
        }
        LOG.info("The certificate of listener '{}' is reloaded", listener);
        warnOfExpiry();
        return true;
    }

    /** Says what of the files in force is expired, or will be soon. */
    void warnOfExpiry() {
        TlsFiles now = files;
        for (X509Certificate certificate : now.chain()) {
            Instant from = certificate.getNotBefore().toInstant();
            if (from.isAfter(clock.instant())) {
                LOG.warn(
                        "Listener '{}': the certificate of {} is not valid before {}",
                        listener,
                        subject(certificate),
                        from);
            }
            warn("certificate of " + subject(certificate), certificate.getNotAfter(), EXPIRES_SOON);
        }
        for (X509Certificate ca : now.clientCas()) {
            warn("client-ca certificate of " + subject(ca), ca.getNotAfter(), EXPIRES_SOON);
        }
        for (X509CRL crl : now.clientCrls()) {
            Date next = crl.getNextUpdate();
            if (next != null) { // lists are made anew every few days: a month before is no news
                warn("client-crl of " + crl.getIssuerX500Principal(), next, Duration.ZERO);
            }
        }
    }

    private static String subject(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().getName();
    }

    private void warn(String what, Date end, Duration before) {
        Instant at = end.toInstant();
        Duration left = Duration.between(clock.instant(), at);
        if (left.isNegative()) {
            LOG.warn("Listener '{}': the {} expired at {}", listener, what, at);
        } else if (left.compareTo(before) < 0) {
            LOG.warn("Listener '{}': the {} expires in {} days, at {}", listener, what, left.toDays(), at);
        }
    }
}
