package org.ternmq.auth.scram;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What an unknown name is answered with, so that nobody learns which names exist (RFC 5802 9): the same salt and number of
 * iterations every time, drawn from a secret. Immutable.
 */
final class Decoys {
    /** Where nobody is going to be answered. */
    static final Decoys NONE = new Decoys(new byte[1]);

    private final byte[] secret;

    Decoys(byte[] secret) {
        this.secret = secret.clone();
    }

    /** Where a name stands among all names, in an order that only who has the secret knows. */
    long place(String name) {
        return ByteBuffer.wrap(bytes("place", name, Long.BYTES)).getLong();
    }

    /** A verifier that looks like another one and that no password is known for. */
    Verifier like(Verifier other, Mechanism mechanism, String name) {
        return new Verifier(
                other.iterations(),
                bytes("salt", name, other.salt().length),
                bytes("StoredKey", name, mechanism.bytes()),
                bytes("ServerKey", name, mechanism.bytes()));
    }

    private byte[] bytes(String purpose, String name, int length) {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        for (int block = 0; bytes.hasRemaining(); block++) {
            String of = purpose + ":" + block + ":" + name;
            byte[] more = Mechanism.SHA_256.hmac(secret, of.getBytes(StandardCharsets.UTF_8));
            bytes.put(more, 0, Math.min(more.length, bytes.remaining()));
        }
        return bytes.array();
    }
}
