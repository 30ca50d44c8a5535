package org.ternmq.bridge.mqtt;

import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectPayload;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttSubscribePayload;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption.RetainedHandlingPolicy;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.netty.handler.codec.mqtt.MqttUnsubscribePayload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Bridge.Filter;

/** What a bridge says of itself and asks for when it connects. Immutable. */
final class Handshake {
    /** The ways to connect, the best first; the next one is tried where the other broker does not know one. */
    enum Rung {
        /** MQTT 5.0, which has No Local and user properties against loops. */
        V5("5.0", true, false),
        /** MQTT 3.1.1 with the bit that says that this is a bridge. */
        V3_BRIDGE("3.1.1 as a bridge", false, true),
        /** MQTT 3.1.1 as any client. */
        V3("3.1.1", false, false);

        private final String words;
        private final boolean properties;
        private final boolean bridgeFlag;

        Rung(String words, boolean properties, boolean bridgeFlag) {
            this.words = words;
            this.properties = properties;
            this.bridgeFlag = bridgeFlag;
        }

        String words() {
            return words;
        }

        boolean properties() {
            return properties;
        }

        boolean bridgeFlag() {
            return bridgeFlag;
        }
    }

    private static final int SUBSCRIBE_ID = 1;
    private static final int UNSUBSCRIBE_ID = 2;

    private final MqttBridgeSettings settings;
    private final List<Rung> rungs = new ArrayList<>();

    Handshake(MqttBridgeSettings settings) {
        this.settings = settings;
        if (!settings.version().equals("3.1.1")) {
            rungs.add(Rung.V5);
        }
        if (!settings.version().equals("5.0")) {
            if (settings.bridgeFlag()) {
                rungs.add(Rung.V3_BRIDGE);
            }
            rungs.add(Rung.V3);
        }
    }

    Rung rung(int index) {
        return rungs.get(index);
    }

    boolean hasNext(int index) {
        return index + 1 < rungs.size();
    }

    /** CONNECT, for a session that outlives the connection. The password file is read each time. */
    MqttConnectMessage connect(String clientId, Rung how) throws IOException {
        byte[] password = password();
        MqttProperties properties = MqttProperties.NO_PROPERTIES;
        if (how.properties) {
            properties = new MqttProperties();
            properties.add(new IntegerProperty(MqttProperties.SESSION_EXPIRY_INTERVAL, (int)
                    Math.min(0xFFFF_FFFFL, settings.sessionExpiry().toSeconds())));
            properties.add(new IntegerProperty(MqttProperties.RECEIVE_MAXIMUM, settings.receiveMaximum()));
            properties.add(new IntegerProperty(MqttProperties.MAXIMUM_PACKET_SIZE, (int)
                    Math.min(268_435_455, settings.maxPacketSize().bytes())));
        }
        return new MqttConnectMessage(
                new MqttFixedHeader(MqttMessageType.CONNECT, false, MqttQoS.AT_MOST_ONCE, false, 0),
                new MqttConnectVariableHeader(
                        "MQTT",
                        how.properties ? 5 : 4,
                        settings.username().isPresent(),
                        password != null,
                        false,
                        0,
                        false,
                        false,
                        (int) settings.keepAlive().toSeconds(),
                        properties),
                new MqttConnectPayload(
                        clientId,
                        MqttProperties.NO_PROPERTIES,
                        null,
                        null,
                        settings.username().orElse(null),
                        password));
    }

    private byte @Nullable [] password() throws IOException {
        if (settings.passwordFile().isPresent()) {
            String text = Files.readString(settings.passwordFile().get());
            return text.lines().findFirst().orElse("").getBytes(StandardCharsets.UTF_8);
        }
        return settings.password()
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .orElse(null);
    }

    /** SUBSCRIBE, with No Local where there is such a thing. */
    MqttSubscribeMessage subscribe(List<Filter> filters, boolean properties) {
        List<MqttTopicSubscription> all = new ArrayList<>();
        for (Filter filter : filters) {
            MqttQoS qos = MqttQoS.valueOf(filter.qos().value());
            boolean shared = filter.filter().startsWith("$share/"); // MQTT-3.8.3-4
            MqttSubscriptionOption option = properties
                    ? new MqttSubscriptionOption(
                            qos, !shared, true, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE_IF_NOT_YET_EXISTS)
                    : MqttSubscriptionOption.onlyFromQos(qos);
            all.add(new MqttTopicSubscription(filter.filter(), option));
        }
        return new MqttSubscribeMessage(
                new MqttFixedHeader(MqttMessageType.SUBSCRIBE, false, MqttQoS.AT_LEAST_ONCE, false, 0),
                Remote.idHeader(properties, SUBSCRIBE_ID),
                new MqttSubscribePayload(all));
    }

    /** UNSUBSCRIBE. */
    MqttUnsubscribeMessage unsubscribe(List<String> filters, boolean properties) {
        return new MqttUnsubscribeMessage(
                new MqttFixedHeader(MqttMessageType.UNSUBSCRIBE, false, MqttQoS.AT_LEAST_ONCE, false, 0),
                Remote.idHeader(properties, UNSUBSCRIBE_ID),
                new MqttUnsubscribePayload(filters));
    }
}
