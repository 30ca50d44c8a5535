package org.ternmq.broker.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.UserProperty;

/**
 * CONNECT. What an older version cannot say has the value that stands for its absence. Not compared by value.
 *
 * @param clientId may be empty
 * @param cleanStart Clean Start, or CleanSession of 3.x
 * @param keepAlive seconds, 0 for none
 * @param will null if there is none
 * @param username null if there is none
 * @param password null if there is none; owned by whoever takes the packet
 * @param sessionExpiryInterval seconds, 0 to 4294967295; 0 for 3.x
 * @param receiveMaximum 1 to 65535
 * @param maximumPacketSize bytes of a whole packet, {@link #NO_PACKET_LIMIT} if there is no limit
 * @param topicAliasMaximum 0 to 65535
 * @param authenticationMethod null if there is none
 * @param authenticationData null if there is none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Connect(
        MqttVersion version,
        String clientId,
        boolean cleanStart,
        int keepAlive,
        @Nullable WillMessage will,
        @Nullable String username,
        byte @Nullable [] password,
        long sessionExpiryInterval,
        int receiveMaximum,
        long maximumPacketSize,
        int topicAliasMaximum,
        boolean requestResponseInformation,
        boolean requestProblemInformation,
        @Nullable String authenticationMethod,
        byte @Nullable [] authenticationData,
        List<UserProperty> userProperties)
        implements Packet {
    /** The largest packet that the protocol can write. */
    public static final long NO_PACKET_LIMIT = 268_435_460;

    /** Without the password. */
    @Override
    public String toString() {
        return "Connect[" + version + ", '" + clientId + "', clean " + cleanStart + ", user " + username + "]";
    }
}
