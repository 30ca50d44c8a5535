package org.ternmq.system.riddle;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Credentials;
import org.ternmq.spi.EnhancedAuthenticator;
import org.ternmq.spi.EnhancedAuthenticatorFactory;
import org.ternmq.spi.PluginContext;

/** Asks every client {@link #QUESTION} and lets in who says {@link #ANSWER}. */
@Extension
public final class RiddleFactory implements EnhancedAuthenticatorFactory {
    /** The authentication method. */
    public static final String METHOD = "RIDDLE";

    /** The challenge. */
    public static final String QUESTION = "what has roots as nobody sees";

    /** The right response. */
    public static final String ANSWER = "a mountain";

    @Override
    public String type() {
        return "riddle";
    }

    @Override
    public EnhancedAuthenticator create(PluginContext context) {
        return new Riddles();
    }

    private static final class Riddles implements EnhancedAuthenticator {
        @Override
        public String method() {
            return METHOD;
        }

        @Override
        public Exchange begin(Credentials credentials) {
            return new Riddle();
        }
    }

    private static final class Riddle implements EnhancedAuthenticator.Exchange {
        private boolean asked;

        @Override
        public EnhancedAuthenticator.Step next(Optional<ByteBuffer> data) {
            if (!asked) {
                asked = true;
                return new EnhancedAuthenticator.Step.Challenge(
                        ByteBuffer.wrap(QUESTION.getBytes(StandardCharsets.UTF_8)));
            }
            String answer =
                    data.map(d -> StandardCharsets.UTF_8.decode(d).toString()).orElse("");
            return answer.equals(ANSWER)
                    ? new EnhancedAuthenticator.Step.Accepted("hobbit", Map.of(), Optional.empty())
                    : new EnhancedAuthenticator.Step.Rejected("not the answer");
        }
    }
}
