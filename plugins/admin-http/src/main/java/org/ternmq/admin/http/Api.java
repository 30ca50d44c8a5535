package org.ternmq.admin.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.ternmq.spi.Message;
import org.ternmq.spi.TopicFilter;
import org.ternmq.spi.control.BackupView;
import org.ternmq.spi.control.BanView;
import org.ternmq.spi.control.BrokerControl;
import org.ternmq.spi.control.ClientRates;
import org.ternmq.spi.control.LogLevel;
import org.ternmq.spi.control.Page;
import org.ternmq.spi.control.ReloadView;
import org.ternmq.spi.control.SessionQuery;
import org.ternmq.spi.control.SlowSubscriber;
import org.ternmq.spi.control.SubscriptionQuery;
import org.ternmq.spi.control.TraceQuery;
import org.ternmq.spi.control.TraceStream;

/** What can be asked for under {@code /api/v1}, and {@code /metrics}: each with who may. {@code openapi.yaml} describes it. */
final class Api {
    private static final String V1 = "/api/v1";
    private static final Set<String> NONE = Set.of();
    private static final Duration RELOAD = Duration.ofMinutes(2);
    private static final Duration TRACE = Duration.ofMinutes(1);
    private static final Duration LONGEST_TRACE = Duration.ofHours(1);
    private static final Duration BACKUP = Duration.ofHours(1);

    private final BrokerControl broker;

    Api(BrokerControl broker) {
        this.broker = broker;
    }

    /** All routes. */
    List<Route> routes() {
        return List.of(
                get("/metrics", NONE, this::metrics),
                get(V1 + "/openapi.yaml", NONE, Api::openApi),
                get(V1 + "/whoami", NONE, Api::whoAmI),
                get(V1 + "/overview", NONE, e -> e.json(broker.overview())),
                get(
                        V1 + "/clients",
                        Set.of("limit", "after", "client-id", "username", "listener", "address"),
                        e -> sessions(e, Optional.of(true))),
                get(V1 + "/clients/{clientId}", NONE, e -> session(e, true)),
                get(V1 + "/clients/{clientId}/last-end", NONE, this::lastEnd),
                new Route("DELETE", V1 + "/clients/{clientId}", Role.OPERATOR, NONE, this::disconnect),
                get(
                        V1 + "/sessions",
                        Set.of("limit", "after", "client-id", "username", "listener", "address", "connected"),
                        e -> sessions(e, e.flag("connected"))),
                get(V1 + "/sessions/{clientId}", NONE, e -> session(e, false)),
                new Route("DELETE", V1 + "/sessions/{clientId}", Role.OPERATOR, NONE, this::purge),
                get(
                        V1 + "/subscriptions",
                        Set.of("limit", "after", "client-id", "filter", "under"),
                        this::subscriptions),
                get(V1 + "/routes", Set.of("topic", "limit"), this::topicRoutes),
                get(V1 + "/retained", Set.of("limit", "after", "filter"), this::retained),
                new Route("DELETE", V1 + "/retained", Role.OPERATOR, Set.of("filter"), this::deleteRetained),
                get(V1 + "/retained/levels", Set.of("limit", "after", "under"), this::levels),
                new Route("GET", V1 + "/retained/message", Role.OPERATOR, Set.of("topic"), this::retainedMessage),
                new Route("POST", V1 + "/publish", Role.OPERATOR, NONE, this::publish),
                get(V1 + "/listeners", NONE, e -> e.json(items(Json.listeners(broker)))),
                get(V1 + "/top/talkers", Set.of("order", "limit"), this::talkers),
                get(V1 + "/top/slow", Set.of("order", "limit"), this::slow),
                new Route(
                        "GET",
                        V1 + "/trace",
                        Role.OPERATOR,
                        Set.of("client-id", "topic", "payload", "for"),
                        this::trace),
                get(V1 + "/plugins", NONE, e -> e.json(items(broker.plugins()))),
                new Route("POST", V1 + "/plugins/{name}/reload", Role.ADMIN, NONE, this::reloadPlugin),
                get(V1 + "/bridges", NONE, e -> e.json(items(e.await(broker.bridges())))),
                get(V1 + "/config", NONE, e -> e.json(items(broker.configuration()))),
                new Route("POST", V1 + "/reload", Role.ADMIN, NONE, this::reload),
                get(V1 + "/log-levels", NONE, e -> e.json(items(broker.logLevels()))),
                new Route("PUT", V1 + "/log-levels", Role.ADMIN, NONE, this::logLevel),
                get(V1 + "/storage", NONE, e -> e.json(e.await(broker.storage()))),
                new Route("POST", V1 + "/storage/backup", Role.ADMIN, NONE, this::backup),
                get(V1 + "/guard", NONE, e -> e.json(broker.guard())),
                get(V1 + "/bans", NONE, e -> e.json(items(broker.bans()))),
                new Route("DELETE", V1 + "/bans", Role.OPERATOR, Set.of("address", "user"), this::liftBan));
    }

    private static Route get(String path, Set<String> parameters, Route.Action action) {
        return new Route("GET", path, Role.VIEWER, parameters, action);
    }

    private static Map<String, Object> items(List<?> all) {
        return Map.of("items", all);
    }

    private void metrics(Exchange e) {
        e.send(200, "text/plain; version=0.0.4; charset=utf-8", broker.metrics().getBytes(StandardCharsets.UTF_8));
    }

    private static void openApi(Exchange e) throws IOException {
        try (InputStream in = Api.class.getResourceAsStream("openapi.yaml")) {
            if (in == null) {
                throw new IOException("openapi.yaml is missing from the jar");
            }
            e.send(200, "application/yaml", in.readAllBytes());
        }
    }

    /** So that a page need not offer what would be refused. */
    private static void whoAmI(Exchange e) throws Exception {
        e.json(Map.of("name", e.principal().name(), "role", e.principal().role()));
    }

    private void sessions(Exchange e, Optional<Boolean> connected) throws Exception {
        SessionQuery query = new SessionQuery(
                connected, e.query("client-id"), e.query("username"), e.query("listener"), e.query("address"));
        e.list(page -> broker.sessions(query, page));
    }

    private void session(Exchange e, boolean connected) throws Exception {
        e.json(e.await(broker.session(e.pathParameter("clientId")))
                .filter(session -> session.connected() || !connected)
                .orElseThrow(() ->
                        ApiException.notFound(connected ? "the client is not connected" : "there is no session")));
    }

    private void lastEnd(Exchange e) throws Exception {
        e.json(broker.lastEnd(e.pathParameter("clientId"))
                .orElseThrow(() -> ApiException.notFound("no end of a connection of this client is remembered")));
    }

    private void disconnect(Exchange e) throws Exception {
        if (!e.await(broker.disconnect(e.principal(), e.pathParameter("clientId")))) {
            throw ApiException.notFound("the client is not connected");
        }
        e.done();
    }

    private void purge(Exchange e) throws Exception {
        if (!e.await(broker.purge(e.principal(), e.pathParameter("clientId")))) {
            throw ApiException.notFound("there is no session");
        }
        e.done();
    }

    private void subscriptions(Exchange e) throws Exception {
        SubscriptionQuery query = new SubscriptionQuery(e.query("client-id"), e.query("filter"), e.query("under"));
        e.list(page -> broker.subscriptions(query, page));
    }

    private void topicRoutes(Exchange e) throws Exception {
        Page<?> page = e.await(broker.routes(e.required("topic"), e.limit()));
        e.json(Map.of("items", page.items(), "more", page.next().isPresent()));
    }

    private static TopicFilter filter(String text) throws ApiException {
        try {
            return TopicFilter.parse(text);
        } catch (IllegalArgumentException wrong) {
            throw ApiException.badRequest("filter: " + wrong.getMessage());
        }
    }

    private void retained(Exchange e) throws Exception {
        TopicFilter filter = filter(e.query("filter").orElse("#"));
        e.list(page -> CompletableFuture.completedStage(broker.retained(filter, page)));
    }

    private void levels(Exchange e) throws Exception {
        e.list(page -> CompletableFuture.completedStage(broker.retainedLevels(e.query("under"), page)));
    }

    private void retainedMessage(Exchange e) throws Exception {
        Message message = broker.retainedMessage(e.required("topic"))
                .orElseThrow(() -> ApiException.notFound("there is no retained message"));
        e.json(Json.message(message));
    }

    private void deleteRetained(Exchange e) throws Exception {
        long deleted = e.await(broker.deleteRetained(e.principal(), filter(e.required("filter"))));
        e.json(Map.of("deleted", deleted));
    }

    private void publish(Exchange e) throws Exception {
        Message message;
        try {
            message = e.body(Json.PublishRequest.class).message();
        } catch (IllegalArgumentException wrong) {
            throw ApiException.badRequest(String.valueOf(wrong.getMessage()));
        }
        e.json(Map.of("recipients", e.await(broker.publish(e.principal(), message))));
    }

    private void talkers(Exchange e) throws Exception {
        ClientRates.Order order = order(e, ClientRates.Order.values(), ClientRates.Order.MESSAGES);
        e.json(items(e.await(broker.busiest(order, e.limit()))));
    }

    private void slow(Exchange e) throws Exception {
        SlowSubscriber.Order order = order(e, SlowSubscriber.Order.values(), SlowSubscriber.Order.QUEUE);
        e.json(items(e.await(broker.slowest(order, e.limit()))));
    }

    private static <E extends Enum<E>> E order(Exchange e, E[] orders, E otherwise) throws ApiException {
        String asked = e.query("order").orElse(word(otherwise));
        return Arrays.stream(orders)
                .filter(order -> word(order).equals(asked))
                .findFirst()
                .orElseThrow(() -> ApiException.badRequest("order: expected one of: "
                        + Arrays.stream(orders).map(Api::word).collect(Collectors.joining(", "))));
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private void trace(Exchange e) throws Exception {
        Optional<String> topic = e.query("topic");
        Optional<TopicFilter> filter = topic.isEmpty() ? Optional.empty() : Optional.of(filter(topic.get()));
        TraceQuery query =
                new TraceQuery(e.query("client-id"), filter, e.flag("payload").orElse(false));
        String seconds = e.query("for").orElse(Long.toString(TRACE.toSeconds()));
        if (!seconds.matches("[1-9][0-9]{0,3}") || Long.parseLong(seconds) > LONGEST_TRACE.toSeconds()) {
            throw ApiException.badRequest("for: expected seconds, 1 to " + LONGEST_TRACE.toSeconds());
        }
        try (TraceStream trace = broker.trace(e.principal(), query)) {
            e.lines(new TraceLines(trace, Duration.ofSeconds(Long.parseLong(seconds))));
        } catch (IllegalArgumentException wrong) {
            throw ApiException.badRequest(String.valueOf(wrong.getMessage()));
        } catch (IllegalStateException tooMany) {
            throw new ApiException(409, String.valueOf(tooMany.getMessage()));
        }
    }

    private void reload(Exchange e) throws Exception {
        if (!e.await(broker.reload(e.principal()))) {
            throw new ApiException(409, "something could not be read and stays as it was; the log says what");
        }
        e.done();
    }

    private void reloadPlugin(Exchange e) throws Exception {
        ReloadView view = e.awaitLong(broker.reload(e.principal(), e.pathParameter("name")), RELOAD);
        switch (view.outcome()) {
            case DONE -> e.json(view);
            case REFUSED -> throw new ApiException(409, String.join("; ", view.words()));
            case UNKNOWN ->
                throw ApiException.notFound("there is no such instance; there are: " + String.join(", ", view.words()));
        }
    }

    private void backup(Exchange e) throws Exception {
        Path folder;
        try {
            folder = Path.of(e.body(Json.BackupRequest.class)
                    .folder()
                    .orElseThrow(() -> ApiException.badRequest("folder: missing")));
        } catch (InvalidPathException wrong) {
            throw ApiException.badRequest("folder: not a path");
        }
        BackupView view = e.awaitLong(broker.backup(e.principal(), folder), BACKUP);
        if (view.problem().isPresent()) {
            throw new ApiException(409, view.problem().get());
        }
        e.json(Map.of("folder", folder.toString(), "millis", view.millis()));
    }

    private void logLevel(Exchange e) throws Exception {
        LogLevel level = e.body(LogLevel.class);
        if (level.logger() == null || level.level() == null) {
            throw ApiException.badRequest("expected logger and level");
        }
        try {
            broker.logLevel(e.principal(), level);
        } catch (IllegalArgumentException wrong) {
            throw ApiException.badRequest(String.valueOf(wrong.getMessage()));
        }
        e.done();
    }

    private void liftBan(Exchange e) throws Exception {
        Optional<String> address = e.query("address");
        if (address.isPresent() == e.query("user").isPresent()) {
            throw ApiException.badRequest("expected address or user");
        }
        boolean lifted;
        try {
            lifted = address.isPresent()
                    ? broker.liftBan(e.principal(), BanView.Kind.ADDRESS, address.get())
                    : broker.liftBan(e.principal(), BanView.Kind.USER, e.required("user"));
        } catch (IllegalArgumentException wrong) {
            throw ApiException.badRequest(String.valueOf(wrong.getMessage()));
        }
        if (!lifted) {
            throw ApiException.notFound("there is no such ban");
        }
        e.done();
    }
}
