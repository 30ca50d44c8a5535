package org.ternmq.broker.control;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.stream.Stream;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.routing.Match;
import org.ternmq.broker.routing.Matches;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.routing.SharedGroup;
import org.ternmq.broker.routing.Subscription;
import org.ternmq.broker.session.Session;
import org.ternmq.broker.session.SessionRegistry;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;
import org.ternmq.spi.control.ConnectionView;
import org.ternmq.spi.control.Page;
import org.ternmq.spi.control.PageRequest;
import org.ternmq.spi.control.RouteView;
import org.ternmq.spi.control.SessionQuery;
import org.ternmq.spi.control.SessionView;
import org.ternmq.spi.control.SubscriptionQuery;
import org.ternmq.spi.control.SubscriptionView;

/** Questions about sessions and their subscriptions; each session answers in its own time. Safe for use by all threads. */
final class SessionQueries {
    /** Between client identifier and filter in a cursor: neither can hold it. */
    private static final char SEPARATOR = '\0';

    private static final String SHARE = "$share/";

    private final SessionRegistry registry;
    private final Router router;
    private final Events events;
    private final Executor executor;

    SessionQueries(SessionRegistry registry, Router router, Events events, Executor executor) {
        this.registry = registry;
        this.router = router;
        this.events = events;
        this.executor = executor;
    }

    CompletionStage<Page<SessionView>> sessions(SessionQuery query, PageRequest page) {
        return new Walk<>(
                        registry,
                        executor,
                        registry.after(page.after()).iterator(),
                        session -> query.clientId()
                                        .map(session.clientId()::contains)
                                        .orElse(true)
                                && query.connected()
                                        .map(connected -> connected == session.isOnline())
                                        .orElse(true),
                        session -> view(session).filter(v -> matches(query, v)).stream()
                                .toList(),
                        SessionView::clientId,
                        page.limit())
                .start();
    }

    private static boolean matches(SessionQuery query, SessionView view) {
        Optional<ConnectionView> connection = view.connection();
        return query.connected().map(connected -> connected == view.connected()).orElse(true)
                && query.username()
                        .map(user -> view.username().equals(Optional.of(user)))
                        .orElse(true)
                && query.listener()
                        .map(name ->
                                connection.map(c -> c.listener().equals(name)).orElse(false))
                        .orElse(true)
                && query.address()
                        .map(start -> connection
                                .map(c -> c.address().startsWith(start))
                                .orElse(false))
                        .orElse(true);
    }

    private Optional<SessionView> view(Session session) {
        return session.view()
                .map(v -> new SessionView(
                        v.clientId(),
                        v.connected(),
                        v.username(),
                        v.connection(),
                        v.persistent(),
                        v.expiryInterval(),
                        v.disconnectedSince(),
                        v.subscriptions(),
                        v.queuedMessages(),
                        v.queuedBytes(),
                        v.inFlight(),
                        v.drops(),
                        events.lastEnd(v.clientId())));
    }

    CompletionStage<Optional<SessionView>> session(String clientId) {
        return ask(clientId, this::view, Optional.empty());
    }

    /** See {@link Session#waitingSince}; 0 if there is none. */
    long waitingSince(String clientId) {
        return registry.find(clientId).map(Session::waitingSince).orElse(0L);
    }

    /** What a session says; something else if there is none. */
    <T> CompletionStage<T> ask(String clientId, Function<Session, T> question, T otherwise) {
        Optional<Session> session = registry.find(clientId);
        if (session.isEmpty()) {
            return CompletableFuture.completedStage(otherwise);
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        Walk.ask(
                registry,
                executor,
                List.of(session.get()),
                question,
                answers -> answer.complete(answers.getOrDefault(session.get(), otherwise)));
        return answer;
    }

    CompletionStage<Page<SubscriptionView>> subscriptions(SubscriptionQuery query, PageRequest page) {
        Optional<TopicFilter> under = query.under().map(TopicFilter::parse);
        int at = page.after().indexOf(SEPARATOR);
        String clientId = at < 0 ? page.after() : page.after().substring(0, at);
        String behind = at < 0 ? "" : page.after().substring(at + 1);
        Stream<Session> rest = registry.after(clientId).stream();
        Stream<Session> begun = at < 0 ? Stream.empty() : registry.find(clientId).stream();
        Iterator<Session> sessions = query.clientId().isPresent()
                ? query.clientId().filter(id -> at >= 0 || id.compareTo(clientId) > 0).flatMap(registry::find).stream()
                        .iterator()
                : Stream.concat(begun, rest).iterator();
        return new Walk<>(
                        registry,
                        executor,
                        sessions,
                        session -> true,
                        session -> session.subscriptionViews().stream()
                                .filter(s -> !session.clientId().equals(clientId)
                                        || s.filter().compareTo(behind) > 0)
                                .filter(s ->
                                        query.filter().map(s.filter()::equals).orElse(true))
                                .filter(s -> under.map(u -> u.covers(plain(s.filter())))
                                        .orElse(true))
                                .toList(),
                        (SubscriptionView s) -> s.clientId() + SEPARATOR + s.filter(),
                        page.limit())
                .start();
    }

    private static TopicFilter plain(String text) {
        return TopicFilter.parse(text.startsWith(SHARE) ? text.substring(text.indexOf('/', SHARE.length()) + 1) : text);
    }

    /** A route of which it is not known yet what would become of the message. */
    private record Target(Session session, List<String> filters, QoS qos, boolean shared) {
        RouteView view(RouteView.Outcome outcome) {
            return new RouteView(session.clientId(), filters, qos.value(), shared, outcome);
        }
    }

    CompletionStage<Page<RouteView>> routes(TopicName topic, int limit) {
        List<Target> targets = new ArrayList<>();
        boolean more = collect(router.index().match(topic), limit, targets);
        Map<Session, List<Target>> bySession = new LinkedHashMap<>();
        targets.forEach(t ->
                bySession.computeIfAbsent(t.session(), s -> new ArrayList<>()).add(t));
        CompletableFuture<Page<RouteView>> done = new CompletableFuture<>();
        Optional<String> next = more ? Optional.of("") : Optional.empty();
        if (targets.isEmpty()) {
            done.complete(new Page<>(List.of(), next));
            return done;
        }
        Walk.<List<RouteView>>ask(
                registry,
                executor,
                List.copyOf(bySession.keySet()),
                session -> bySession.getOrDefault(session, List.of()).stream()
                        .map(t -> t.view(session.outcomeOf(topic, t.qos())))
                        .toList(),
                answers -> done.complete(new Page<>(
                        bySession.keySet().stream()
                                .flatMap(s -> answers.getOrDefault(s, List.of()).stream())
                                .toList(),
                        next)));
        return done;
    }

    /** Whether there are more than so many. */
    private static boolean collect(Matches matches, int limit, List<Target> targets) {
        for (Match match : matches.plain()) {
            if (match.subscriber() instanceof Session session) {
                List<String> filters =
                        match.subscriptions().stream().map(Subscription::text).toList();
                targets.add(new Target(session, filters, match.qos(), false));
            }
            if (targets.size() > limit) {
                targets.remove(limit);
                return true;
            }
        }
        for (SharedGroup group : matches.shared()) {
            for (Subscription member : group.members()) {
                if (member.subscriber() instanceof Session session) {
                    targets.add(new Target(session, List.of(group.text()), member.qos(), true));
                }
                if (targets.size() > limit) {
                    targets.remove(limit);
                    return true;
                }
            }
        }
        return false;
    }
}
