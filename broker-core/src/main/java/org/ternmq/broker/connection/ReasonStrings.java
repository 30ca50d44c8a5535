package org.ternmq.broker.connection;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.ReasonCode;

/** What acknowledgements with an error say in words. */
final class ReasonStrings {
    private ReasonStrings() {}

    /** For PUBACK and PUBREC. */
    static @Nullable String of(ReasonCode reasonCode) {
        return switch (reasonCode) {
            case NOT_AUTHORIZED -> "no access rule allows it";
            case QUOTA_EXCEEDED -> "the queue of a subscriber is full";
            case PAYLOAD_FORMAT_INVALID -> "the payload is not the UTF-8 that its Payload Format Indicator says";
            case IMPLEMENTATION_SPECIFIC_ERROR -> "more levels than are taken here";
            default -> null;
        };
    }

    /** For SUBACK and UNSUBACK: of the first filter that has something to be said of it. */
    static @Nullable String of(List<ReasonCode> reasonCodes) {
        for (int i = 0; i < reasonCodes.size(); i++) {
            String words = of(reasonCodes.get(i));
            if (words != null) {
                return reasonCodes.size() == 1 ? words : "filter " + (i + 1) + ": " + words;
            }
        }
        return null;
    }
}
