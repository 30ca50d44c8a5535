package org.ternmq.broker.connection;

import java.util.Optional;
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

    /** Is told how an exchange ended, unless the authenticator failed; says what becomes of the client. */
    interface Judge {
        /**
         * Counts the attempt.
         *
         * @param username whom the client claimed to be
         * @return why it is refused all the same, whether it has proven it or not
         */
        Optional<String> judged(boolean proven, Optional<String> username);
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
    private final Judge judge;
    private final Beginning beginning;
    private Turn turn = Turn.NOBODY;
    private @Nullable Conversation conversation;

    EnhancedAuthentication(Connection connection, String method, Judge judge, Beginning beginning) {
        this.connection = connection;
        this.method = method;
        this.judge = judge;
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
            judge.judged(true, accepted.client().info().username())
                    .ifPresentOrElse(
                            this::banned,
                            () -> connection.proven(accepted.client(), accepted.data(), accepted.validUntil()));
        } else if (outcome instanceof Outcome.Refused refused) {
            if (!ConnectSequence.isDenial(refused.reasonCode())) {
                connection.disproven(refused.reasonCode(), refused.detail());
                return;
            }
            judge.judged(false, refused.username())
                    .ifPresentOrElse(this::banned, () -> connection.disproven(refused.reasonCode(), refused.detail()));
        }
    }

    private void banned(String why) {
        connection.disproven(ReasonCode.BANNED, why);
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
