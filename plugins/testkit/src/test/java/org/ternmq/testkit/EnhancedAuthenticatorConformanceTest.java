package org.ternmq.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Credentials;
import org.ternmq.spi.EnhancedAuthenticator;

/** An authenticator that does it right passes: it asks for the hash of a key and of what it has just made up. */
final class EnhancedAuthenticatorConformanceTest extends EnhancedAuthenticatorConformance {
    private static byte[] answer(String key, byte[] challenge) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(key.getBytes(UTF_8));
        return digest.digest(challenge);
    }

    private static final class Asking implements EnhancedAuthenticator.Exchange {
        private int steps;
        private byte[] challenge = {};

        @Override
        public EnhancedAuthenticator.Step next(Optional<ByteBuffer> data) throws Exception {
            byte[] said = new byte[data.map(ByteBuffer::remaining).orElse(0)];
            data.ifPresent(buffer -> buffer.get(said));
            return switch (steps++) {
                case 0 -> {
                    if (!Arrays.equals(said, "ada".getBytes(UTF_8))) {
                        steps = 2;
                        yield new EnhancedAuthenticator.Step.Rejected("nobody");
                    }
                    challenge = UUID.randomUUID().toString().getBytes(UTF_8);
                    yield new EnhancedAuthenticator.Step.Challenge(ByteBuffer.wrap(challenge));
                }
                case 1 ->
                    MessageDigest.isEqual(said, answer("correct horse", challenge))
                            ? new EnhancedAuthenticator.Step.Accepted("ada", Map.of(), Optional.empty())
                            : new EnhancedAuthenticator.Step.Rejected("wrong answer");
                default -> new EnhancedAuthenticator.Step.Rejected("over");
            };
        }
    }

    private record Answering(String name, String key) implements Client {
        @Override
        public byte[] next(byte @Nullable [] challenge) throws Exception {
            return challenge == null ? name.getBytes(UTF_8) : answer(key, challenge);
        }
    }

    @Override
    protected EnhancedAuthenticator authenticator() {
        return new EnhancedAuthenticator() {
            @Override
            public String method() {
                return "HASH";
            }

            @Override
            public Exchange begin(Credentials credentials) {
                return new Asking();
            }
        };
    }

    @Override
    protected String username() {
        return "ada";
    }

    @Override
    protected Client good() {
        return new Answering("ada", "correct horse");
    }

    @Override
    protected Client bad() {
        return new Answering("ada", "wrong");
    }

    @Override
    protected Client unknown() {
        return new Answering("nobody", "correct horse");
    }
}
