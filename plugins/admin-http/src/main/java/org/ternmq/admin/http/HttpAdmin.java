package org.ternmq.admin.http;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http.UriCompliance.Violation;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.Admin;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.FileWatch;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.control.BrokerControl;

/** The server. Its threads are its own, so that requests may wait for the broker. */
final class HttpAdmin implements Admin {
    private static final Logger LOG = LoggerFactory.getLogger(HttpAdmin.class);
    private static final int THREADS = 16;
    private static final int CONNECTIONS = 256;
    private static final int BACKLOG = 64;
    private static final int LARGEST_HEAD = 16 << 10;
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final Settings settings;
    private final Server server;
    private final ServerConnector connector;

    /** Opens the port. */
    HttpAdmin(PluginContext context, Settings settings, BrokerControl broker) throws Exception {
        this.settings = settings;
        Path data = broker.dataFolder();
        Path first = data.resolve("admin-token");
        Path further = settings.tokens().orElse(data.resolve("admin-tokens"));
        Tokens tokens = new Tokens(first, further);
        watch(context.executor(), first, tokens::reload);
        watch(context.executor(), further, tokens::reload);

        QueuedThreadPool threads = new QueuedThreadPool(THREADS, 2);
        threads.setName(context.name());
        server = new Server(threads);
        server.setErrorHandler(new PlainErrors());
        server.setStopTimeout(0);
        HttpConnectionFactory http = new HttpConnectionFactory(configuration(settings));
        if (settings.tls().isPresent()) {
            SslContextFactory.Server tls =
                    tls(context.executor(), settings.tls().get());
            connector = new ServerConnector(server, 1, 1, new SslConnectionFactory(tls, http.getProtocol()), http);
        } else {
            connector = new ServerConnector(server, 1, 1, http);
        }
        connector.setHost(settings.host());
        connector.setPort(settings.port());
        connector.setAcceptQueueSize(BACKLOG);
        connector.setIdleTimeout(settings.requestTimeout().toMillis());
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(CONNECTIONS, connector));
        server.setHandler(new Gate(settings, broker, tokens, new FailedTokens(context.clock())));
        try {
            server.start();
        } catch (Exception e) {
            server.stop();
            throw new Exception("cannot open " + settings.bind() + ": " + cause(e).getMessage(), e);
        }
        if (settings.tls().isEmpty() && !settings.isLoopback()) {
            LOG.warn(
                    "The admin interface on {} is not encrypted: who sees the traffic has the tokens", settings.bind());
        }
    }

    private static Throwable cause(Throwable e) {
        return e.getCause() == null ? e : e.getCause();
    }

    private static Future<?> watch(ScheduledExecutorService executor, Path file, Runnable changed) {
        return new FileWatch(file, changed).start(executor, LOOK);
    }

    private static HttpConfiguration configuration(Settings settings) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(LARGEST_HEAD);
        http.setIdleTimeout(settings.requestTimeout().toMillis());
        http.setHttpCompliance(HttpCompliance.RFC7230);
        // Client ids hold what they like, and stand in paths. Paths are taken apart before they are decoded, and no
        // file is
        // ever looked for by what is decoded, so that nothing depends on what these could be taken for.
        http.setUriCompliance(UriCompliance.DEFAULT.with(
                "client ids in paths",
                Violation.AMBIGUOUS_PATH_SEPARATOR,
                Violation.AMBIGUOUS_PATH_SEGMENT,
                Violation.AMBIGUOUS_PATH_ENCODING,
                Violation.AMBIGUOUS_PATH_PARAMETER,
                Violation.SUSPICIOUS_PATH_CHARACTERS,
                Violation.UTF16_ENCODINGS,
                Violation.BAD_UTF8_ENCODING,
                Violation.TRUNCATED_UTF8_ENCODING));
        return http;
    }

    private static SslContextFactory.Server tls(ScheduledExecutorService executor, Settings.Tls files) {
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setKeyStore(PemFiles.read(files));
        tls.setKeyStorePassword("");
        tls.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        tls.setSniRequired(false);
        watch(executor, files.certificate(), () -> reload(tls, files));
        return tls;
    }

    private static void reload(SslContextFactory.Server tls, Settings.Tls files) {
        try {
            tls.reload(factory -> factory.setKeyStore(PemFiles.read(files)));
            LOG.info("The certificate of the admin interface was read again");
        } catch (ConfigurationException e) {
            LOG.error("The old certificate of the admin interface stays in force: {}", e.getMessage());
        } catch (Exception e) {
            LOG.error("The old certificate of the admin interface stays in force", e);
        }
    }

    @Override
    public String address() {
        String host = settings.host();
        return (settings.tls().isPresent() ? "https://" : "http://")
                + (host.indexOf(':') >= 0 ? "[" + host + "]" : host)
                + ":"
                + connector.getLocalPort();
    }

    @Override
    public void close() throws Exception {
        server.stop();
    }
}
