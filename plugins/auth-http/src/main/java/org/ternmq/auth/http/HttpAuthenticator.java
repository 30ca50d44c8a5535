package org.ternmq.auth.http;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.Credentials;
import org.ternmq.spi.PluginContext;

/**
 * Has a web service decide: one POST for each client. Whatever is no clear answer is an exception, so that the client is
 * refused.
 *
 * <p>{@link #reload} reads the certificates to trust anew and forgets remembered acceptances; if the file cannot be used, what
 * was before stays.
 */
final class HttpAuthenticator implements Authenticator {
    private static final Logger LOG = LoggerFactory.getLogger(HttpAuthenticator.class);

    private final HttpSettings settings;
    private final String userAgent;
    private final Json json = new Json();
    private final Optional<VerdictCache> cache;
    private final ExecutorService threads;
    private volatile Service service;

    HttpAuthenticator(HttpSettings settings, PluginContext context) {
        this.settings = settings;
        this.userAgent = "TernMQ/" + context.brokerVersion();
        this.cache = settings.cache().map(time -> new VerdictCache(time, context.clock()));
        AtomicInteger count = new AtomicInteger();
        this.threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, context.name() + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        this.service = new Service(settings, threads, userAgent);
        if (settings.allowPlainText()) {
            LOG.warn("{}: allow-plain-text is on: passwords may cross the network unencrypted", this);
        }
    }

    @Override
    public AuthResult authenticate(Credentials credentials) throws IOException, InterruptedException {
        byte[] question = json.question(credentials);
        return cache.isPresent() ? remembered(cache.get(), question) : asked(question);
    }

    private AuthResult remembered(VerdictCache known, byte[] question) throws IOException, InterruptedException {
        Optional<AuthResult.Accepted> before = known.find(question);
        if (before.isPresent()) {
            return before.get();
        }
        long flushes = known.flushes();
        AuthResult result = asked(question);
        if (result instanceof AuthResult.Accepted accepted) {
            known.put(question, accepted, flushes);
        }
        return result;
    }

    private AuthResult asked(byte[] question) throws IOException, InterruptedException {
        return json.answer(service.ask(question));
    }

    @Override
    public void reload() {
        // The one before is not closed: somebody may just be about to ask it.
        service = new Service(settings, threads, userAgent);
        cache.ifPresent(VerdictCache::flush);
    }

    @Override
    public void close() throws Exception {
        service.close();
        threads.shutdownNow();
    }

    @Override
    public String toString() {
        return "the service at " + service;
    }
}
