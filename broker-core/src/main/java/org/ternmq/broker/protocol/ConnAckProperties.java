package org.ternmq.broker.protocol;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;
import org.ternmq.spi.UserProperty;

/**
 * What a CONNACK of 5.0 says (3.2.2.3). Numbers that are not given are {@link #ABSENT}; the others have the value that their
 * absence means, and are not written then.
 *
 * @param sessionExpiryInterval seconds, given only if it is not what CONNECT asked for
 * @param serverKeepAlive seconds, given only if it is not what CONNECT asked for
 */
public record ConnAckProperties(
        long sessionExpiryInterval,
        int receiveMaximum,
        QoS maximumQos,
        boolean retainAvailable,
        long maximumPacketSize,
        @Nullable String assignedClientId,
        int topicAliasMaximum,
        @Nullable String reasonString,
        List<UserProperty> userProperties,
        boolean wildcardSubscriptionAvailable,
        boolean subscriptionIdentifierAvailable,
        boolean sharedSubscriptionAvailable,
        int serverKeepAlive,
        @Nullable String responseInformation,
        @Nullable String serverReference,
        @Nullable String authenticationMethod,
        byte @Nullable [] authenticationData) {
    /** A number that is not given. */
    public static final int ABSENT = -1;

    /** Nothing to say. */
    public static final ConnAckProperties NONE = builder().build();

    /** Starts with nothing to say. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects properties. */
    public static final class Builder {
        private long sessionExpiryInterval = ABSENT;
        private int receiveMaximum = Packet.DEFAULT_RECEIVE_MAXIMUM;
        private QoS maximumQos = QoS.EXACTLY_ONCE;
        private boolean retainAvailable = true;
        private long maximumPacketSize = Packet.NO_MAXIMUM_PACKET_SIZE;
        private @Nullable String assignedClientId;
        private int topicAliasMaximum;
        private @Nullable String reasonString;
        private final List<UserProperty> userProperties = new ArrayList<>();
        private boolean wildcardSubscriptionAvailable = true;
        private boolean subscriptionIdentifierAvailable = true;
        private boolean sharedSubscriptionAvailable = true;
        private int serverKeepAlive = ABSENT;
        private @Nullable String responseInformation;
        private @Nullable String serverReference;
        private @Nullable String authenticationMethod;
        private byte @Nullable [] authenticationData;

        private Builder() {}

        /** Session Expiry Interval in seconds, or {@link #ABSENT}. */
        public Builder sessionExpiryInterval(long seconds) {
            sessionExpiryInterval = seconds;
            return this;
        }

        /** Receive Maximum, 1 to 65535. */
        public Builder receiveMaximum(int value) {
            receiveMaximum = value;
            return this;
        }

        /** Maximum QoS. */
        public Builder maximumQos(QoS value) {
            maximumQos = value;
            return this;
        }

        /** Retain Available. */
        public Builder retainAvailable(boolean value) {
            retainAvailable = value;
            return this;
        }

        /** Maximum Packet Size in bytes. */
        public Builder maximumPacketSize(long bytes) {
            maximumPacketSize = bytes;
            return this;
        }

        /** Assigned Client Identifier. */
        public Builder assignedClientId(@Nullable String value) {
            assignedClientId = value;
            return this;
        }

        /** Topic Alias Maximum, 0 to 65535. */
        public Builder topicAliasMaximum(int value) {
            topicAliasMaximum = value;
            return this;
        }

        /** Reason String. */
        public Builder reasonString(@Nullable String value) {
            reasonString = value;
            return this;
        }

        /** One more User Property. */
        public Builder userProperty(UserProperty value) {
            userProperties.add(value);
            return this;
        }

        /** Wildcard Subscription Available. */
        public Builder wildcardSubscriptionAvailable(boolean value) {
            wildcardSubscriptionAvailable = value;
            return this;
        }

        /** Subscription Identifiers Available. */
        public Builder subscriptionIdentifierAvailable(boolean value) {
            subscriptionIdentifierAvailable = value;
            return this;
        }

        /** Shared Subscription Available. */
        public Builder sharedSubscriptionAvailable(boolean value) {
            sharedSubscriptionAvailable = value;
            return this;
        }

        /** Server Keep Alive in seconds, or {@link #ABSENT}. */
        public Builder serverKeepAlive(int seconds) {
            serverKeepAlive = seconds;
            return this;
        }

        /** Response Information. */
        public Builder responseInformation(@Nullable String value) {
            responseInformation = value;
            return this;
        }

        /** Server Reference. */
        public Builder serverReference(@Nullable String value) {
            serverReference = value;
            return this;
        }

        /** Authentication Method, and Authentication Data if there is any. */
        public Builder authentication(@Nullable String method, byte @Nullable [] data) {
            authenticationMethod = method;
            authenticationData = data;
            return this;
        }

        /** Makes them. */
        public ConnAckProperties build() {
            return new ConnAckProperties(
                    sessionExpiryInterval,
                    receiveMaximum,
                    maximumQos,
                    retainAvailable,
                    maximumPacketSize,
                    assignedClientId,
                    topicAliasMaximum,
                    reasonString,
                    List.copyOf(userProperties),
                    wildcardSubscriptionAvailable,
                    subscriptionIdentifierAvailable,
                    sharedSubscriptionAvailable,
                    serverKeepAlive,
                    responseInformation,
                    serverReference,
                    authenticationMethod,
                    authenticationData);
        }
    }
}
