package org.ternmq.broker.security;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.PluginScope;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.spi.EnhancedAuthenticator;
import org.ternmq.spi.EnhancedAuthenticator.Exchange;
import org.ternmq.spi.EnhancedAuthenticator.Step;

/**
 * Challenge and response with one client (MQTT 5.0, 4.12), for its CONNECT or for one re-authentication. Whatever goes wrong
 * refuses the client. It is in the authenticator until it is over.
 *
 * <p>Used by the client's loop, one step at a time; the plugin is asked on workers.
 */
public final class Conversation {
    /** What follows a step. */
    public sealed interface Outcome {
        /** The client is asked for more. */
        record Challenge(byte[] data) implements Outcome {}

        /** The client is who it says, until a time if there is one; the data, if any, is for it. */
        record Accepted(Client client, byte @Nullable [] data, Optional<Instant> validUntil) implements Outcome {}

        /**
         * The client is not let in.
         *
         * @param reasonCode for CONNACK
         * @param detail for the log
         * @param username whom it claimed to be in the exchange
         */
        record Refused(ReasonCode reasonCode, String detail, Optional<String> username) implements Outcome {
            Refused(ReasonCode reasonCode, String detail) {
                this(reasonCode, detail, Optional.empty());
            }
        }
    }

    /** Makes a client of a name that was proven. */
    interface Admission {
        Client admit(ConnectCredentials credentials, Step.Accepted accepted, long revocations)
                throws PluginCalls.Failure;
    }

    private static final Logger LOG = LoggerFactory.getLogger(Conversation.class);

    private final Asked<EnhancedAuthenticator> asked;
    private final ConnectCredentials credentials;
    private final PluginCalls calls;
    private final Admission admission;
    /** The number of the last revocation when it began. */
    private final long revocations;
    /** A step runs, or the exchange is closed: who sets it may touch the exchange. */
    private final AtomicBoolean taken = new AtomicBoolean();

    private volatile boolean abandoned;
    private @Nullable Exchange exchange;
    /** The authenticator threw, hung, or answered null. */
    private boolean broken;

    Conversation(
            Asked<EnhancedAuthenticator> asked,
            ConnectCredentials credentials,
            PluginCalls calls,
            Admission admission,
            long revocations) {
        this.asked = asked;
        this.credentials = credentials;
        this.calls = calls;
        this.admission = admission;
        this.revocations = revocations;
    }

    /**
     * Hands on what the client sent; never blocks, the outcome comes on a worker. Not to be called again before it has come,
     * nor after one that is no challenge.
     */
    public void next(byte @Nullable [] data, Consumer<Outcome> then) {
        if (!taken.compareAndSet(false, true)) {
            throw new IllegalStateException("a step is under way, or the conversation is over");
        }
        Runnable busy = () -> {
            taken.set(false);
            abandon();
            then.accept(new Outcome.Refused(ReasonCode.SERVER_BUSY, PluginCalls.BUSY));
        };
        if (!calls.execute(() -> then.accept(step(data)), busy)) {
            busy.run();
        }
    }

    private Outcome step(byte @Nullable [] data) {
        Outcome outcome;
        try {
            outcome = ask(data);
        } catch (PluginCalls.Failure e) {
            outcome = new Outcome.Refused(ReasonCode.SERVER_UNAVAILABLE, e.detail());
        } catch (RuntimeException | Error e) {
            LOG.error("Cannot judge {}", credentials, e);
            outcome = new Outcome.Refused(ReasonCode.SERVER_UNAVAILABLE, "internal error");
        }
        if (!(outcome instanceof Outcome.Challenge)) {
            end(!broken); // who hangs in it is not disturbed: one thread at a time
        } else {
            taken.set(false);
            if (abandoned && taken.compareAndSet(false, true)) {
                end(true);
            }
        }
        return outcome;
    }

    private Outcome ask(byte @Nullable [] data) throws PluginCalls.Failure {
        Step step = answer(data);
        if (step instanceof Step.Challenge challenge) {
            return new Outcome.Challenge(bytes(challenge.data()));
        }
        if (step instanceof Step.Accepted accepted) {
            Client client = admission.admit(credentials, accepted, revocations);
            return new Outcome.Accepted(
                    client, accepted.data().map(Conversation::bytes).orElse(null), accepted.validUntil());
        }
        Step.Rejected rejected = (Step.Rejected) step;
        return new Outcome.Refused(ReasonCode.NOT_AUTHORIZED, rejected.detail(), rejected.username());
    }

    private Step answer(byte @Nullable [] data) throws PluginCalls.Failure {
        broken = true;
        Exchange begun = exchange;
        if (begun == null) {
            begun = calls.call(asked, () -> asked.plugin().begin(credentials));
            exchange = begun;
        }
        Exchange running = begun;
        Optional<ByteBuffer> shown = data == null
                ? Optional.empty()
                : Optional.of(ByteBuffer.wrap(data).asReadOnlyBuffer());
        Step step = calls.call(asked, () -> running.next(shown));
        broken = false;
        return step;
    }

    private static byte[] bytes(ByteBuffer data) {
        byte[] copy = new byte[data.remaining()];
        data.duplicate().get(copy);
        return copy;
    }

    /** The client is gone, or did what ends the conversation. Any thread. */
    public void abandon() {
        abandoned = true;
        if (taken.compareAndSet(false, true) && !calls.execute(() -> end(true))) {
            credentials.wipe();
            asked.end();
        }
    }

    private void end(boolean cameBack) {
        credentials.wipe();
        Exchange over = exchange;
        exchange = null;
        if (over != null && cameBack) {
            try {
                PluginScope.callIn(asked.scope().loader(), () -> {
                    over.close();
                    return true;
                });
            } catch (Throwable e) {
                LOG.warn("{} failed to end an exchange", asked.name(), e);
            }
        }
        asked.end();
    }
}
