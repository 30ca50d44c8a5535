package org.ternmq.broker.cli;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.datatypes.MqttTopicFilter;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubRecException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5UnsubAckException;
import com.hivemq.client.mqtt.mqtt5.message.Mqtt5ReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5SimpleAuth;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5ConnectBuilder;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5WillPublish;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5RetainHandling;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscribe;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5SubscribeBuilder;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscription;
import com.hivemq.client.mqtt.mqtt5.message.unsubscribe.Mqtt5Unsubscribe;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** By MQTT 5.0. */
final class Client5 implements ClientConnection {
    private final Mqtt5AsyncClient client;
    private final Mqtt5Connect connect;
    private final ClientOptions options;

    Client5(ClientOptions options, boolean reconnects) throws ClientException {
        this.options = options;
        client = ClientSetup.apply(MqttClient.builder(), options, reconnects)
                .useMqttVersion5()
                .buildAsync();
        try {
            connect = connect(options);
        } catch (IOException e) {
            throw ClientException.because("the password's file", e);
        }
    }

    private static Mqtt5Connect connect(ClientOptions options) throws IOException {
        Mqtt5ConnectBuilder builder = Mqtt5Connect.builder()
                .cleanStart(options.cleanStart())
                .keepAlive(options.keepAlive())
                .sessionExpiryInterval(options.sessionExpiry());
        builder = ClientProperties.connect(builder, options.properties("connect"));
        byte[] password = options.password().orElse(null);
        if (options.username().isPresent()) {
            var auth = Mqtt5SimpleAuth.builder().username(options.username().get());
            builder = builder.simpleAuth(
                    password == null ? auth.build() : auth.password(password).build());
        } else if (password != null) {
            builder = builder.simpleAuth().password(password).applySimpleAuth();
        }
        if (options.willTopic().isPresent()) {
            builder = builder.willPublish(will(options, options.willTopic().get()));
        }
        return builder.build();
    }

    private static Mqtt5WillPublish will(ClientOptions options, String topic) {
        return ClientProperties.will(
                        Mqtt5WillPublish.builder()
                                .topic(topic)
                                .payload(options.willPayload())
                                .qos(qos(options.willQos()))
                                .retain(options.willRetain()),
                        options.properties("will"))
                .build();
    }

    static MqttQos qos(int qos) {
        return MqttQos.values()[qos];
    }

    @Override
    public CompletableFuture<Integer> connect() {
        return client.connect(connect)
                .thenApply(ack -> ack.getReasonCode().getCode())
                .exceptionally(e -> Codes.of(
                        e,
                        cause -> cause instanceof Mqtt5ConnAckException refused
                                ? refused.getMqttMessage().getReasonCode().getCode()
                                : -1));
    }

    @Override
    public CompletableFuture<Integer> publish(Mqtt5Publish message) {
        return client.publish(message).handle((result, failed) -> {
            Throwable error = failed != null ? failed : result.getError().orElse(null);
            return error == null ? 0 : Codes.of(error, Client5::refusal);
        });
    }

    private static int refusal(Throwable cause) {
        if (cause instanceof Mqtt5PubAckException refused) {
            return refused.getMqttMessage().getReasonCode().getCode();
        }
        return cause instanceof Mqtt5PubRecException refused
                ? refused.getMqttMessage().getReasonCode().getCode()
                : -1;
    }

    @Override
    public void receive(Receiver receiver) {
        client.publishes(
                MqttGlobalPublishFilter.ALL,
                message -> receiver.arrived(new Arrived(message, message::acknowledge)),
                ClientSetup.receiver(),
                true);
    }

    @Override
    public CompletableFuture<List<Integer>> subscribe(Wanted wanted) {
        List<Mqtt5Subscription> subscriptions = wanted.topicFilters().stream()
                .map(topicFilter -> Mqtt5Subscription.builder()
                        .topicFilter(topicFilter)
                        .qos(qos(wanted.qos()))
                        .retainAsPublished(wanted.retainAsPublished())
                        .retainHandling(
                                wanted.noRetained() ? Mqtt5RetainHandling.DO_NOT_SEND : Mqtt5RetainHandling.SEND)
                        .build())
                .toList();
        Mqtt5SubscribeBuilder.Complete builder = Mqtt5Subscribe.builder()
                .addSubscription(subscriptions.get(0))
                .addSubscriptions(subscriptions.stream().skip(1));
        Mqtt5Subscribe subscribe = ClientProperties.subscribe(builder, options.properties("subscribe"))
                .build();
        return client.subscribe(subscribe)
                .thenApply(ack -> Codes.of(ack.getReasonCodes()))
                .exceptionally(e -> Codes.ofAll(
                        e,
                        cause -> cause instanceof Mqtt5SubAckException refused
                                ? refused.getMqttMessage().getReasonCodes()
                                : List.<Mqtt5ReasonCode>of()));
    }

    @Override
    public CompletableFuture<List<Integer>> unsubscribe(List<String> topicFilters) {
        Mqtt5Unsubscribe unsubscribe = Mqtt5Unsubscribe.builder()
                .topicFilter(topicFilters.get(0))
                .addTopicFilters(
                        topicFilters.stream().skip(1).map(MqttTopicFilter::of).toList())
                .build();
        return client.unsubscribe(unsubscribe)
                .thenApply(ack -> Codes.of(ack.getReasonCodes()))
                .exceptionally(e -> Codes.ofAll(
                        e,
                        cause -> cause instanceof Mqtt5UnsubAckException refused
                                ? refused.getMqttMessage().getReasonCodes()
                                : List.<Mqtt5ReasonCode>of()));
    }

    @Override
    public CompletableFuture<Void> disconnect() {
        return client.disconnect();
    }
}
