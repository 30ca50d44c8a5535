package org.ternmq.broker.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ternmq.broker.journal.Keyspaces;
import org.ternmq.broker.journal.Keyspaces.NamedKey;
import org.ternmq.broker.journal.SubscriptionRecord;
import org.ternmq.broker.observe.Traces;
import org.ternmq.broker.protocol.DisconnectException;
import org.ternmq.broker.protocol.Mqtt3Codes;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.protocol.Packet.Subscribe;
import org.ternmq.broker.protocol.Packet.Unsubscribe;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.protocol.RetainHandling;
import org.ternmq.broker.protocol.SubscriptionRequest;
import org.ternmq.broker.protocol.TopicName;
import org.ternmq.broker.routing.RetainedMessages;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.routing.SharedFilter;
import org.ternmq.broker.routing.Subscription;
import org.ternmq.broker.security.Client;
import org.ternmq.broker.security.Permissions;
import org.ternmq.spi.QoS;
import org.ternmq.spi.WriteBatch;
import org.ternmq.spi.control.SubscriptionView;

/**
 * The subscriptions of one session, by the filter as the client wrote it.
 *
 * <p>Owner: the session.
 */
final class Subscriptions {
    private static final long NO_REPLAY = -1;

    private final Session session;
    private final SessionServices services;
    private final Router router;
    private final SessionLimits limits;
    private final Capabilities capabilities;
    private final Map<String, Subscription> byText = new HashMap<>(4);

    Subscriptions(Session session, SessionServices services) {
        this.session = session;
        this.services = services;
        this.router = services.router();
        this.limits = services.limits();
        this.capabilities = services.capabilities();
    }

    /** A SUBSCRIBE: refused as a whole if one filter is no filter, else answered filter by filter. */
    void subscribe(ClientLink link, Client client, Subscribe packet) {
        List<SubscriptionRequest> requests = packet.requests();
        if (requests.size() > limits.filtersPerSubscribe()) {
            throw new DisconnectException(
                    ReasonCode.QUOTA_EXCEEDED, "more than " + limits.filtersPerSubscribe() + " filters in a SUBSCRIBE");
        }
        if (packet.subscriptionIdentifier() != 0 && !capabilities.subscriptionIdentifiers()) {
            throw new DisconnectException(
                    ReasonCode.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED, "subscription identifiers are off");
        }
        List<SharedFilter> filters = new ArrayList<>(requests.size());
        for (SubscriptionRequest request : requests) {
            filters.add(check(link, request));
        }
        List<ReasonCode> codes = new ArrayList<>(requests.size());
        List<Made> made = new ArrayList<>(requests.size());
        for (int i = 0; i < requests.size(); i++) { // MQTT-3.8.4-5
            codes.add(make(link, client, requests.get(i), filters.get(i), packet.subscriptionIdentifier(), made));
        }
        Runnable answer = () -> {
            if (session.link() == link) {
                link.subAck(packet.packetId(), codes); // MQTT-3.8.4-1, MQTT-3.8.4-6, MQTT-3.9.3-1
            }
            for (Made each : made) {
                replay(each); // kept until the client is there, should it be gone meanwhile
            }
        };
        if (session.isStored() && !made.isEmpty()) {
            session.store(batch -> made.forEach(each -> each.write(batch, session.clientId())), answer);
        } else {
            answer.run();
        }
    }

    /** A subscription that was made, and the mark up to which its retained messages are to be sent, or {@link #NO_REPLAY}. */
    private record Made(Subscription subscription, SubscriptionRecord record, long mark) {
        void write(WriteBatch batch, String clientId) {
            batch.put(Keyspaces.SUBSCRIPTIONS, new NamedKey(clientId, subscription.text()), record);
        }
    }

    private SharedFilter check(ClientLink link, SubscriptionRequest request) {
        SharedFilter filter = parse(request.topicFilter());
        if (filter.shareName() != null) {
            if (!capabilities.sharedSubscriptions()) {
                throw new DisconnectException(
                        ReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED, "shared subscriptions are off");
            }
            if (request.noLocal()) { // MQTT-3.8.3-4
                throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "No Local on a shared subscription");
            }
        }
        if (isUnservedWildcard(filter) && link.version() == MqttVersion.V5_0) {
            throw new DisconnectException(
                    ReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED, "wildcard subscriptions are off");
        }
        return filter;
    }

    private boolean isUnservedWildcard(SharedFilter filter) {
        return filter.filter().hasWildcard() && !capabilities.wildcardSubscriptions();
    }

    private static SharedFilter parse(String text) {
        try {
            return SharedFilter.parse(text);
        } catch (IllegalArgumentException e) {
            throw new DisconnectException(ReasonCode.TOPIC_FILTER_INVALID, String.valueOf(e.getMessage()));
        }
    }

    private ReasonCode make(
            ClientLink link,
            Client client,
            SubscriptionRequest request,
            SharedFilter filter,
            int identifier,
            List<Made> made) {
        QoS granted = request.maximumQos().min(capabilities.maximumQos()); // MQTT-3.2.2-10
        if (levels(request.topicFilter()) > limits.topicLevels()) {
            return refusal(link, request, ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR);
        }
        if (isUnservedWildcard(filter)) { // 3.1.1: MQTT-3.8.3-2; nobody told the client that there are none
            return refusal(link, request, ReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED);
        }
        if (!client.permissions().maySubscribe(filter.filter(), granted)) {
            denied(request.topicFilter());
            Traces traces = services.events().traces();
            if (traces.isOn()) {
                Permissions permissions = client.permissions();
                traces.tellFilter(
                        session.clientId(),
                        filter.filter().toString(),
                        "denied",
                        d -> d.put("action", "subscribe")
                                .put("filter", request.topicFilter())
                                .later("rule", () -> permissions.whySubscribe(filter.filter(), granted)));
            }
            return refusal(link, request, ReasonCode.NOT_AUTHORIZED);
        }
        boolean existed = byText.containsKey(request.topicFilter());
        boolean replays = filter.shareName() == null
                && capabilities.retain()
                && (request.retainHandling() == RetainHandling.SEND // MQTT-3.3.1-9
                        || (request.retainHandling() == RetainHandling.SEND_IF_NEW && !existed)); // MQTT-3.3.1-10
        Subscription subscription = new Subscription(
                session,
                filter.filter(),
                filter.shareName(),
                granted,
                request.noLocal(),
                request.retainAsPublished(),
                identifier,
                replays ? Long.MAX_VALUE : NO_REPLAY);
        Subscription old = byText.put(request.topicFilter(), subscription);
        if (old != null && replays) { // else what the old one began to send goes on
            session.outbound().cancelReplay(old);
        }
        router.index().add(subscription); // MQTT-3.8.4-3: in one step, so that no message is lost (MQTT-3.8.4-4)
        long mark = replays ? router.retained().mark(subscription) : NO_REPLAY;
        made.add(new Made(
                subscription,
                new SubscriptionRecord(
                        granted, request.noLocal(), request.retainAsPublished(), request.retainHandling(), identifier),
                mark));
        services.events().subscribed(session.clientId(), request.topicFilter(), granted);
        return Mqtt3Codes.granted(granted);
    }

    private void denied(String filter) {
        services.events().denied(session.clientId(), "subscribe", filter);
    }

    private static ReasonCode refusal(ClientLink link, SubscriptionRequest request, ReasonCode code) {
        return Mqtt3Codes.subAck(link.version(), code, request.maximumQos());
    }

    private static int levels(String filter) {
        int levels = 1;
        for (int i = 0; i < filter.length(); i++) {
            if (filter.charAt(i) == '/') {
                levels++;
            }
        }
        return levels;
    }

    private void replay(Made made) {
        Subscription subscription = made.subscription();
        if (made.mark() != NO_REPLAY && byText.get(subscription.text()) == subscription) {
            RetainedMessages retained = router.retained();
            session.outbound().replay(new RetainedReplay(session, services, retained, subscription, made.mark()));
            RetainedMessages figures = router.figures();
            if (figures.size() > 0 && subscription.filter().toString().startsWith("$SYS/")) { // MQTT-4.7.2-1
                session.outbound().replay(new RetainedReplay(session, services, figures, subscription, figures.mark()));
            }
        }
    }

    /** An UNSUBSCRIBE: an exact match is removed (MQTT-3.10.4-1), and the rest is answered too (MQTT-3.10.4-5). */
    void unsubscribe(ClientLink link, Unsubscribe packet) {
        List<String> filters = packet.topicFilters();
        if (filters.size() > limits.filtersPerSubscribe()) {
            throw new DisconnectException(
                    ReasonCode.QUOTA_EXCEEDED,
                    "more than " + limits.filtersPerSubscribe() + " filters in an UNSUBSCRIBE");
        }
        for (String filter : filters) {
            parse(filter);
        }
        List<ReasonCode> codes = new ArrayList<>(filters.size());
        List<String> removed = new ArrayList<>(filters.size());
        for (String filter : filters) { // MQTT-3.10.4-6
            if (remove(filter)) {
                removed.add(filter);
                codes.add(ReasonCode.SUCCESS);
            } else {
                codes.add(ReasonCode.NO_SUBSCRIPTION_EXISTED);
            }
        }
        Runnable answer = () -> {
            if (session.link() == link) {
                link.unsubAck(packet.packetId(), codes); // MQTT-3.10.4-4, MQTT-3.11.3-1
            }
        };
        if (session.isStored() && !removed.isEmpty()) {
            session.store(batch -> delete(batch, removed), answer);
        } else {
            answer.run();
        }
    }

    /** Ends those that the client may no longer have. True if there were any. */
    boolean recheck(Permissions permissions) {
        List<String> denied = new ArrayList<>();
        byText.forEach((text, subscription) -> {
            if (!permissions.maySubscribe(subscription.filter(), subscription.qos())) {
                denied.add(text);
            }
        });
        for (String text : denied) {
            remove(text);
            denied(text);
        }
        if (session.isStored() && !denied.isEmpty()) {
            session.store(batch -> delete(batch, denied), null);
        }
        return !denied.isEmpty();
    }

    /** Whether one of them is for this topic. */
    boolean matches(TopicName topic) {
        for (Subscription subscription : byText.values()) {
            if (subscription.filter().matches(topic.toString())) {
                return true;
            }
        }
        return false;
    }

    private boolean remove(String text) {
        Subscription old = byText.remove(text);
        if (old == null) {
            return false;
        }
        router.index().remove(session, text); // MQTT-3.10.4-2
        session.outbound().cancelReplay(old);
        services.events().unsubscribed(session.clientId(), text);
        return true;
    }

    private void delete(WriteBatch batch, List<String> texts) {
        for (String text : texts) {
            batch.delete(Keyspaces.SUBSCRIPTIONS, new NamedKey(session.clientId(), text));
        }
    }

    /** Puts back what was found in the store; what is no filter any more is left out and returned. */
    List<String> restore(Map<String, SubscriptionRecord> records) {
        List<String> unusable = new ArrayList<>();
        records.forEach((text, record) -> {
            SharedFilter filter;
            try {
                filter = SharedFilter.parse(text);
            } catch (IllegalArgumentException e) {
                unusable.add(text);
                return;
            }
            Subscription subscription = new Subscription(
                    session,
                    filter.filter(),
                    filter.shareName(),
                    record.qos(),
                    record.noLocal(),
                    record.retainAsPublished(),
                    record.identifier(),
                    -1);
            byText.put(text, subscription);
            router.index().add(subscription);
        });
        return unusable;
    }

    /** The filters, as the client wrote them. */
    Set<String> texts() {
        return Set.copyOf(byText.keySet());
    }

    /** What operators see of them, by filter. */
    List<SubscriptionView> views() {
        return byText.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(e -> view(e.getKey(), e.getValue()))
                .toList();
    }

    private SubscriptionView view(String text, Subscription s) {
        return new SubscriptionView(
                session.clientId(),
                text,
                s.qos().value(),
                s.noLocal(),
                s.retainAsPublished(),
                s.subscriptionIdentifier());
    }

    /** Takes all of them out of the index: the session ends. */
    void removeAll() {
        for (String text : byText.keySet()) {
            router.index().remove(session, text);
        }
        byText.clear();
    }
}
