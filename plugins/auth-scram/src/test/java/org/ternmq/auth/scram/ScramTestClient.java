package org.ternmq.auth.scram;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.StringPreparation;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.testkit.EnhancedAuthenticatorConformance.Client;

/** Another implementation of SCRAM, the one of PostgreSQL's driver. */
final class ScramTestClient implements Client {
    private final ScramClient client;

    ScramTestClient(String mechanism, String name, String password) {
        this.client = ScramClient.builder()
                .advertisedMechanisms(List.of(mechanism))
                .username(name)
                .password(password.toCharArray())
                .stringPreparation(StringPreparation.SASL_PREPARATION)
                .build();
    }

    @Override
    public byte[] next(byte @Nullable [] challenge) throws Exception {
        if (challenge == null) {
            return client.clientFirstMessage().toString().getBytes(UTF_8);
        }
        client.serverFirstMessage(new String(challenge, UTF_8));
        return client.clientFinalMessage().toString().getBytes(UTF_8);
    }

    /** The server knows the password as well, or else this throws. */
    @Override
    public void accepted(byte @Nullable [] data) throws Exception {
        client.serverFinalMessage(new String(data == null ? new byte[0] : data, UTF_8));
    }
}
