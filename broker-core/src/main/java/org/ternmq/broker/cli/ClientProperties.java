package org.ternmq.broker.cli;

import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperties;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserPropertiesBuilder;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5ConnectBuilder;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PayloadFormatIndicator;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishBuilder;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5WillPublishBuilder;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5SubscribeBuilder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.ternmq.broker.cli.ClientOptions.Property;

/** The properties of {@code -D}, by the names that the specification has for them, with hyphens. */
final class ClientProperties {
    private ClientProperties() {}

    static Mqtt5ConnectBuilder connect(Mqtt5ConnectBuilder builder, List<Property> properties) {
        Mqtt5ConnectBuilder made = builder.userProperties(users(properties));
        for (Property property : properties) {
            made = switch (property.name()) {
                case "receive-maximum" ->
                    made.restrictions().receiveMaximum((int) number(property)).applyRestrictions();
                case "maximum-packet-size" ->
                    made.restrictions()
                            .maximumPacketSize((int) number(property))
                            .applyRestrictions();
                case "topic-alias-maximum" ->
                    made.restrictions()
                            .topicAliasMaximum((int) number(property))
                            .applyRestrictions();
                case "session-expiry-interval" -> made.sessionExpiryInterval(number(property));
                case "user-property" -> made;
                default -> throw unknown(property);
            };
        }
        return made;
    }

    static Mqtt5PublishBuilder.Complete publish(Mqtt5PublishBuilder.Complete builder, List<Property> properties) {
        Mqtt5PublishBuilder.Complete made = builder.userProperties(users(properties));
        for (Property property : properties) {
            made = switch (property.name()) {
                case "content-type" -> made.contentType(property.value());
                case "response-topic" -> made.responseTopic(property.value());
                case "correlation-data" -> made.correlationData(property.value().getBytes(StandardCharsets.UTF_8));
                case "message-expiry-interval" -> made.messageExpiryInterval(number(property));
                case "payload-format-indicator" -> made.payloadFormatIndicator(format(property));
                case "user-property" -> made;
                default -> throw unknown(property);
            };
        }
        return made;
    }

    static Mqtt5WillPublishBuilder.Complete will(Mqtt5WillPublishBuilder.Complete builder, List<Property> properties) {
        Mqtt5WillPublishBuilder.Complete made = builder.userProperties(users(properties));
        for (Property property : properties) {
            made = switch (property.name()) {
                case "content-type" -> made.contentType(property.value());
                case "response-topic" -> made.responseTopic(property.value());
                case "correlation-data" -> made.correlationData(property.value().getBytes(StandardCharsets.UTF_8));
                case "message-expiry-interval" -> made.messageExpiryInterval(number(property));
                case "payload-format-indicator" -> made.payloadFormatIndicator(format(property));
                case "will-delay-interval" -> made.delayInterval(number(property));
                case "user-property" -> made;
                default -> throw unknown(property);
            };
        }
        return made;
    }

    static Mqtt5SubscribeBuilder.Complete subscribe(Mqtt5SubscribeBuilder.Complete builder, List<Property> properties) {
        for (Property property : properties) {
            if (!property.name().equals("user-property")) {
                throw unknown(property);
            }
        }
        return builder.userProperties(users(properties));
    }

    private static Mqtt5UserProperties users(List<Property> properties) {
        Mqtt5UserPropertiesBuilder users = Mqtt5UserProperties.builder();
        for (Property property : properties) {
            if (property.name().equals("user-property")) {
                users = users.add(property.value(), property.second());
            }
        }
        return users.build();
    }

    private static Mqtt5PayloadFormatIndicator format(Property property) {
        return number(property) == 1 ? Mqtt5PayloadFormatIndicator.UTF_8 : Mqtt5PayloadFormatIndicator.UNSPECIFIED;
    }

    private static long number(Property property) {
        try {
            return Long.parseLong(property.value());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "-D " + property.packet() + " " + property.name() + ": '" + property.value() + "' is no number", e);
        }
    }

    private static IllegalArgumentException unknown(Property property) {
        return new IllegalArgumentException("-D " + property.packet() + ": no property '" + property.name() + "'");
    }
}
