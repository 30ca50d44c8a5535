package org.ternmq.broker.connection;

import java.util.List;
import java.util.Optional;
import org.ternmq.broker.config.AuthenticationConfig;
import org.ternmq.broker.protocol.DecoderLimits;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.session.Capabilities;

/**
 * What holds for every connection of one listener.
 *
 * @param listener the listener's name
 * @param versions the protocol versions it speaks
 * @param maxPacketSize the largest packet taken, announced as Maximum Packet Size
 * @param decoderLimits what the decoder takes
 * @param maxConnections connections of all listeners at once, 0 for no limit
 * @param listenerConnections connections of this listener at once, 0 for no limit
 * @param maxKeepAlive seconds, 0 for no limit
 * @param sessionExpiryMaximum seconds, {@code 0xFFFFFFFF} for no limit
 * @param receiveMaximum announced to clients
 * @param inFlight the window towards a client that does not ask for a smaller one
 * @param topicAliasMaximum aliases either way
 * @param topicLevels levels of a topic name
 * @param payloadFormatCheck whether a payload marked as UTF-8 is checked
 * @param connectTimeoutMillis time for CONNECT
 * @param clientIdMaxLength bytes of a client identifier
 * @param clientIdRule what it has to do with the user name
 * @param reasonStrings whether clients of 5.0 are told in words why something was refused
 * @param responseInformation for clients that ask for it, with {@code %c} for their identifier (MQTT 5.0, 4.10)
 * @param serverReference where clients are sent that find no place here, or when the broker stops (MQTT 5.0, 4.11)
 * @param capabilities what is offered
 */
public record ConnectionSettings(
        String listener,
        List<MqttVersion> versions,
        int maxPacketSize,
        DecoderLimits decoderLimits,
        int maxConnections,
        int listenerConnections,
        int maxKeepAlive,
        long sessionExpiryMaximum,
        int receiveMaximum,
        int inFlight,
        int topicAliasMaximum,
        int topicLevels,
        boolean payloadFormatCheck,
        long connectTimeoutMillis,
        int clientIdMaxLength,
        AuthenticationConfig.ClientId clientIdRule,
        boolean reasonStrings,
        Optional<String> responseInformation,
        Optional<String> serverReference,
        Capabilities capabilities) {}
