package org.ternmq.broker.cli;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttTopicFilter;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3SubAckException;
import com.hivemq.client.mqtt.mqtt3.message.auth.Mqtt3SimpleAuth;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3Connect;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3ConnectBuilder;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscribe;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscription;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.suback.Mqtt3SubAckReturnCode;
import com.hivemq.client.mqtt.mqtt3.message.unsubscribe.Mqtt3Unsubscribe;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** By MQTT 3.1.1. */
final class Client3 implements ClientConnection {
    private final Mqtt3AsyncClient client;
    private final Mqtt3Connect connect;

    Client3(ClientOptions options, boolean reconnects) throws ClientException {
        client = ClientSetup.apply(MqttClient.builder(), options, reconnects)
                .useMqttVersion3()
                .buildAsync();
        try {
            connect = connect(options);
        } catch (IOException e) {
            throw ClientException.because("the password's file", e);
        }
    }

    private static Mqtt3Connect connect(ClientOptions options) throws IOException, ClientException {
        Mqtt3ConnectBuilder builder =
                Mqtt3Connect.builder().cleanSession(options.cleanStart()).keepAlive(options.keepAlive());
        byte[] password = options.password().orElse(null);
        if (options.username().isPresent()) {
            var auth = Mqtt3SimpleAuth.builder().username(options.username().get());
            builder = builder.simpleAuth(
                    password == null ? auth.build() : auth.password(password).build());
        } else if (password != null) {
            throw new ClientException("MQTT 3.1.1 has no password without a user", new IllegalArgumentException());
        }
        if (options.willTopic().isPresent()) {
            builder = builder.willPublish(Mqtt3Publish.builder()
                    .topic(options.willTopic().get())
                    .payload(options.willPayload())
                    .qos(Client5.qos(options.willQos()))
                    .retain(options.willRetain())
                    .build());
        }
        return builder.build();
    }

    @Override
    public CompletableFuture<Integer> connect() {
        return client.connect(connect)
                .thenApply(ack -> ack.getReturnCode().getCode())
                .exceptionally(e -> Codes.of(
                        e,
                        cause -> cause instanceof Mqtt3ConnAckException refused
                                ? refused.getMqttMessage().getReturnCode().getCode()
                                : -1));
    }

    @Override
    public CompletableFuture<Integer> publish(Mqtt5Publish message) {
        return client.publish(Mqtt3Publish.builder()
                        .topic(message.getTopic())
                        .payload(message.getPayloadAsBytes())
                        .qos(message.getQos())
                        .retain(message.isRetain())
                        .build())
                .thenApply(sent -> 0);
    }

    @Override
    public void receive(Receiver receiver) {
        client.publishes(
                MqttGlobalPublishFilter.ALL,
                message -> receiver.arrived(new Arrived(
                        Mqtt5Publish.builder()
                                .topic(message.getTopic())
                                .payload(message.getPayloadAsBytes())
                                .qos(message.getQos())
                                .retain(message.isRetain())
                                .build(),
                        message::acknowledge)),
                ClientSetup.receiver(),
                true);
    }

    @Override
    public CompletableFuture<List<Integer>> subscribe(Wanted wanted) {
        List<Mqtt3Subscription> subscriptions = wanted.topicFilters().stream()
                .map(topicFilter -> Mqtt3Subscription.builder()
                        .topicFilter(topicFilter)
                        .qos(Client5.qos(wanted.qos()))
                        .build())
                .toList();
        Mqtt3Subscribe subscribe = Mqtt3Subscribe.builder()
                .addSubscription(subscriptions.get(0))
                .addSubscriptions(subscriptions.stream().skip(1))
                .build();
        return client.subscribe(subscribe)
                .thenApply(ack -> codes(ack.getReturnCodes()))
                .exceptionally(e -> {
                    Throwable cause = Codes.cause(e);
                    if (cause instanceof Mqtt3SubAckException refused) {
                        return codes(refused.getMqttMessage().getReturnCodes());
                    }
                    throw new CompletionException(cause);
                });
    }

    private static List<Integer> codes(List<Mqtt3SubAckReturnCode> codes) {
        return codes.stream().map(Mqtt3SubAckReturnCode::getCode).toList();
    }

    @Override
    public CompletableFuture<List<Integer>> unsubscribe(List<String> topicFilters) {
        return client.unsubscribe(Mqtt3Unsubscribe.builder()
                        .topicFilter(topicFilters.get(0))
                        .addTopicFilters(topicFilters.stream().skip(1).map(MqttTopicFilter::of))
                        .build())
                .thenApply(done -> topicFilters.stream().map(f -> 0).toList());
    }

    @Override
    public CompletableFuture<Void> disconnect() {
        return client.disconnect();
    }
}
