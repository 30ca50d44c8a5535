package org.ternmq.broker.connection;

import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.DisconnectException;
import org.ternmq.broker.protocol.Packet.Auth;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.broker.security.Conversation;
import org.ternmq.broker.security.Conversation.Outcome;

/**
 * The AUTH packets of a connection whose CONNECT named an authentication method (MQTT 5.0, 4.12): one exchange before
 * CONNACK, and after it any number of re-authentications, one at a time.
 *
 * <p>Owner: the connection's loop.
 */
final class EnhancedAuthentication {
    /** Begins an exchange. */
    interface Beginning {
        Conversation begin();
    }

    /** Is told how an exchange ended, unless the authenticator failed. */
    interface Judged {
        void judged(boolean proven);
    }

    private enum Turn {
        /** No exchange is under way. */
        NOBODY,
        /** AUTH 0x18 is awaited. */
        CLIENT,
        /** The authenticator is asked. */
        BROKER
    }

    private final Connection connection;
    private final String method;
    private final Judged judged;
    private final Beginning beginning;
    private Turn turn = Turn.NOBODY;
    private @Nullable Conversation conversation;

    EnhancedAuthentication(Connection connection, String method, Judged judged, Beginning beginning) {
        this.connection = connection;
        this.method = method;
        this.judged = judged;
        this.beginning = beginning;
    }

    String method() {
        return method;
    }

    /** Begins the exchange of CONNECT, or a re-authentication. */
    void begin(byte @Nullable [] data) {
        Conversation begun = beginning.begin();
        conversation = begun;
        ask(begun, data);
    }

    /** An AUTH of the client. */
    void onAuth(Auth packet, boolean connected) {
        if (!packet.method().equals(method)) { // MQTT-4.12.0-5, MQTT-4.12.1-1
            throw new DisconnectException(
                    ReasonCode.PROTOCOL_ERROR, "an authentication method other than that of CONNECT [MQTT-4.12.0-5]");
        }
        Conversation running = conversation;
        if (packet.reasonCode() == ReasonCode.CONTINUE_AUTHENTICATION && running != null && turn == Turn.CLIENT) {
            ask(running, packet.data()); // MQTT-4.12.0-3
        } else if (packet.reasonCode() == ReasonCode.RE_AUTHENTICATE && connected && turn == Turn.NOBODY) {
            begin(packet.data());
        } else {
            throw new DisconnectException(ReasonCode.PROTOCOL_ERROR, "AUTH out of turn [MQTT-4.12.0-3]");
        }
    }

    private void ask(Conversation with, byte @Nullable [] data) {
        turn = Turn.BROKER;
        with.next(data, outcome -> connection.shard().execute(() -> answered(outcome)));
    }

    private void answered(Outcome outcome) {
        Conversation running = conversation;
        if (running == null) {
            return; // the connection is gone
        }
        if (outcome instanceof Outcome.Challenge challenge) {
            turn = Turn.CLIENT;
            connection.challenge(method, challenge.data());
            return;
        }
        turn = Turn.NOBODY;
        conversation = null;
        if (outcome instanceof Outcome.Accepted accepted) {
            judged.judged(true);
            connection.proven(accepted.client(), accepted.data(), accepted.validUntil());
        } else if (outcome instanceof Outcome.Refused refused) {
            if (ConnectSequence.isDenial(refused.reasonCode())) {
                judged.judged(false);
            }
            connection.disproven(refused.reasonCode(), refused.detail());
        }
    }

    /** The connection is gone. */
    void end() {
        Conversation running = conversation;
        conversation = null;
        if (running != null) {
            running.abandon();
        }
    }
}
