package org.ternmq.broker.cli;

import com.hivemq.client.mqtt.mqtt5.message.Mqtt5ReasonCode;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.ternmq.broker.protocol.ReasonCode;

/** Reason codes out of what the client library throws. */
final class Codes {
    private Codes() {}

    /**
     * The code that an exception stands for.
     *
     * @throws CompletionException with the exception, if it stands for none
     */
    static int of(Throwable problem, ToIntFunction<Throwable> code) {
        Throwable cause = cause(problem);
        int found = code.applyAsInt(cause);
        if (found < 0) {
            throw new CompletionException(cause);
        }
        return found;
    }

    /** The codes that an exception stands for; as above. */
    static List<Integer> ofAll(Throwable problem, Function<Throwable, List<? extends Mqtt5ReasonCode>> codes) {
        Throwable cause = cause(problem);
        List<? extends Mqtt5ReasonCode> found = codes.apply(cause);
        if (found.isEmpty()) {
            throw new CompletionException(cause);
        }
        return of(found);
    }

    static List<Integer> of(List<? extends Mqtt5ReasonCode> codes) {
        return codes.stream().map(Mqtt5ReasonCode::getCode).toList();
    }

    /** What has failed, without the wrapping of futures. */
    static Throwable cause(Throwable problem) {
        return problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
    }

    /** For people: the code, and its name if it is one of MQTT 5.0. */
    static String text(int code) {
        String number = String.format(Locale.ROOT, "0x%02X", code);
        for (ReasonCode known : ReasonCode.values()) {
            if (known.value() == code && code >= 0x80) {
                String words = known.name().replace('_', ' ').toLowerCase(Locale.ROOT);
                return number + " " + Character.toUpperCase(words.charAt(0)) + words.substring(1);
            }
        }
        return switch (code) {
            case 1 -> number + " Unacceptable protocol version";
            case 2 -> number + " Identifier rejected";
            case 3 -> number + " Server unavailable";
            case 4 -> number + " Bad user name or password";
            case 5 -> number + " Not authorized";
            default -> number;
        };
    }
}
