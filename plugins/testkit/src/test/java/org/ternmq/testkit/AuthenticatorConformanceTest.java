package org.ternmq.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.Authenticator;

/** An authenticator that does it right passes. */
final class AuthenticatorConformanceTest extends AuthenticatorConformance {
    @Override
    protected Authenticator authenticator() {
        ByteBuffer password = ByteBuffer.wrap("correct horse".getBytes(UTF_8));
        return credentials -> {
            if (!credentials.username().orElse("").equals("ada")) {
                return AuthResult.abstained();
            }
            return credentials.password().filter(password::equals).isPresent()
                    ? AuthResult.accepted()
                    : AuthResult.rejected("wrong password");
        };
    }

    @Override
    protected TestCredentials good() {
        return TestCredentials.of("ada", "correct horse");
    }
}
