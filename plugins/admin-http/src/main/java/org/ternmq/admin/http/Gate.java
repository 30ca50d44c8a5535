package org.ternmq.admin.http;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.control.BrokerControl;
import org.ternmq.spi.control.HealthView;

/**
 * Every request goes through here, in this order: is it meant for this host, what does it ask for, whose token is it, may that
 * token do it. There are no cookies, so that a page elsewhere cannot have a browser act for its user, and no CORS headers, so that
 * it cannot read an answer.
 */
final class Gate extends Handler.Abstract {
    private static final Logger LOG = LoggerFactory.getLogger(Gate.class);
    private static final String BEARER = "bearer ";
    private static final String API_POLICY = "default-src 'none'; frame-ancestors 'none'";
    private static final List<HttpField> HEADERS = List.of(
            new HttpField("X-Content-Type-Options", "nosniff"),
            new HttpField("X-Frame-Options", "DENY"),
            new HttpField("Referrer-Policy", "no-referrer"),
            new HttpField("Cross-Origin-Resource-Policy", "same-origin"),
            new HttpField("Cross-Origin-Opener-Policy", "same-origin"),
            new HttpField("Cache-Control", "no-store"));

    private final Settings settings;
    private final BrokerControl broker;
    private final Tokens tokens;
    private final FailedTokens failed;
    private final List<Route> routes;
    private final boolean loopback;
    private final Set<String> hosts;

    Gate(Settings settings, BrokerControl broker, Tokens tokens, FailedTokens failed) {
        this.settings = settings;
        this.broker = broker;
        this.tokens = tokens;
        this.failed = failed;
        this.routes = new Api(broker).routes();
        this.loopback = settings.isLoopback();
        this.hosts = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        hosts.addAll(settings.allowedHosts());
        if (loopback) {
            hosts.addAll(List.of("localhost", "127.0.0.1", "::1", settings.host()));
        }
    }

    /** What every answer has, also those that do not come from here. */
    static void secure(HttpFields.Mutable headers) {
        HEADERS.forEach(headers::put);
        headers.put("Content-Security-Policy", API_POLICY);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        Exchange exchange = new Exchange(
                request, response, callback, settings.maxRequestSize().bytes(), settings.requestTimeout());
        secure(response.getHeaders());
        try {
            checkHost(request);
            serve(exchange);
        } catch (ApiException e) {
            exchange.problem(e.status(), String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            exchange.problem(503, "the broker stops");
        } catch (IOException e) {
            LOG.debug("A request was broken off", e);
            boolean late = e.getCause() instanceof TimeoutException;
            exchange.problem(late ? 408 : 400, late ? "the body did not come in time" : "the body could not be read");
        } catch (Exception | LinkageError e) {
            LOG.error("A request of the admin interface failed", e);
            exchange.problem(500, "internal error; the log of the broker says more");
        }
        return true;
    }

    /** A page elsewhere whose name is made to point here (DNS rebinding) has its own name in the Host header. */
    private void checkHost(Request request) throws ApiException {
        String host = Request.getServerName(request);
        String plain = host != null && host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        if (!hosts.isEmpty() && (plain == null || !hosts.contains(plain))) {
            throw new ApiException(421, "this is not the host that was asked for; see 'allowed-hosts'");
        }
    }

    private void serve(Exchange exchange) throws Exception {
        String path = exchange.path();
        if (path.startsWith("/health/")) {
            health(exchange, path);
        } else if (path.equals("/metrics") || path.startsWith("/api/")) {
            api(exchange, path);
        } else {
            page(exchange, path);
        }
    }

    private void health(Exchange exchange, String path) throws Exception {
        if (!path.equals("/health/live") && !path.equals("/health/ready")) {
            throw ApiException.notFound("there is nothing here");
        }
        allowOnly(exchange, Set.of("GET"));
        if (!loopback) {
            authenticate(exchange);
        }
        HealthView health = broker.health();
        boolean well = path.equals("/health/live") ? health.live() : health.ready();
        exchange.send(
                well ? 200 : 503,
                "application/json",
                Json.MAPPER.writeValueAsBytes(
                        well ? Map.of("status", "up") : Map.of("status", "down", "problems", health.problems())));
    }

    private void page(Exchange exchange, String path) throws Exception {
        Optional<StaticFiles.File> file = StaticFiles.find(path);
        if (file.isEmpty()) {
            throw ApiException.notFound("there is nothing here");
        }
        allowOnly(exchange, Set.of("GET"));
        exchange.header("Content-Security-Policy", StaticFiles.contentSecurityPolicy(exchange.host()));
        exchange.header("Cache-Control", "no-cache");
        exchange.send(200, file.get().contentType(), file.get().bytes());
    }

    private static void allowOnly(Exchange exchange, Set<String> methods) throws ApiException {
        if (!methods.contains(exchange.method())) {
            exchange.header("Allow", String.join(", ", methods));
            throw new ApiException(405, "expected one of: " + String.join(", ", methods));
        }
    }

    /** Who is not known learns nothing, not even what there is. */
    private void api(Exchange exchange, String path) throws Exception {
        Tokens.Holder holder = authenticate(exchange);
        Set<String> methods = new TreeSet<>();
        for (Route route : routes) {
            Optional<Map<String, String>> parameters = route.match(path);
            if (parameters.isEmpty()) {
                continue;
            }
            methods.add(route.method());
            if (route.method().equals(exchange.method())) {
                exchange.pathParameters(parameters.get());
                run(exchange, route, holder);
                return;
            }
        }
        if (methods.isEmpty()) {
            throw ApiException.notFound("there is nothing here");
        }
        allowOnly(exchange, methods);
    }

    private void run(Exchange exchange, Route route, Tokens.Holder holder) throws Exception {
        if (!holder.role().may(route.role())) {
            broker.audit(
                    exchange.principal(),
                    route.method().toLowerCase(Locale.ROOT) + " " + route.path(),
                    "",
                    "refused: needs role " + route.role());
            throw new ApiException(403, "needs the role " + route.role() + "; this token has " + holder.role());
        }
        exchange.readQuery(route.parameters());
        route.action().run(exchange);
    }

    private Tokens.Holder authenticate(Exchange exchange) throws ApiException {
        String sent = exchange.header(HttpHeader.AUTHORIZATION).orElse("");
        if (!sent.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
            throw unauthorized(exchange, "expected Authorization: Bearer and a token");
        }
        long wait = failed.secondsToWait(exchange.address());
        if (wait > 0) {
            exchange.header("Retry-After", Long.toString(wait));
            throw new ApiException(429, "too many wrong tokens came from this address");
        }
        Optional<Tokens.Holder> holder =
                tokens.holder(sent.substring(BEARER.length()).strip());
        if (holder.isEmpty()) {
            failed.failed(exchange.address());
            LOG.warn(
                    "A wrong token for the admin interface came from {}",
                    exchange.address().getHostAddress());
            throw unauthorized(exchange, "the token is not known");
        }
        exchange.principal(holder.get());
        return holder.get();
    }

    private static ApiException unauthorized(Exchange exchange, String detail) {
        exchange.header("WWW-Authenticate", "Bearer realm=\"TernMQ\"");
        return new ApiException(401, detail);
    }
}
