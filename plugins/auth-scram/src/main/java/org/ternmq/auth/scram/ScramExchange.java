package org.ternmq.auth.scram;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.EnhancedAuthenticator.Exchange;
import org.ternmq.spi.EnhancedAuthenticator.Step;

/**
 * The server's side of one exchange: the client's first message, a challenge, the client's last message. Used by one thread at
 * a time.
 */
final class ScramExchange implements Exchange {
    private enum Turn {
        FIRST,
        LAST,
        OVER
    }

    /** What the challenge was made of. */
    private record Begun(ClientFirst first, String challenge, String nonce, Verifier verifier) {}

    private final Mechanism mechanism;
    private final Supplier<Users> users;
    private final Supplier<String> serverNonce;
    private final Optional<String> connectName;
    private Turn turn = Turn.FIRST;
    private @Nullable Begun begun;

    /**
     * An exchange that nothing was said in.
     *
     * @param users those of now
     * @param serverNonce gives a text that was never given before and cannot be guessed
     * @param connectName the user name in the CONNECT
     */
    ScramExchange(
            Mechanism mechanism, Supplier<Users> users, Supplier<String> serverNonce, Optional<String> connectName) {
        this.mechanism = mechanism;
        this.users = users;
        this.serverNonce = serverNonce;
        this.connectName = connectName;
    }

    @Override
    public Step next(Optional<ByteBuffer> data) {
        Turn now = turn;
        Begun before = begun;
        turn = Turn.OVER;
        begun = null;
        if (now == Turn.OVER) {
            return new Step.Rejected("a message after the end of the exchange");
        }
        if (data.isEmpty() || !data.get().hasRemaining()) {
            return new Step.Rejected("no SCRAM message in the packet");
        }
        try {
            String message = Syntax.text(data.get());
            return before == null ? challenge(ClientFirst.parse(message)) : judge(before, ClientFinal.parse(message));
        } catch (MalformedException e) {
            return new Step.Rejected(e.detail());
        }
    }

    private Step challenge(ClientFirst first) throws MalformedException {
        // Rules and logs go by the proven name; a client that shows another one beside it means to mislead.
        if (connectName.isPresent() && !Syntax.prepare(connectName.get()).equals(first.name())) {
            return rejected(first.name(), "the user name in the CONNECT is not '" + first.name() + "'");
        }
        Users known = users.get();
        Verifier found = known.find(first.name());
        Verifier decoy = known.decoy(first.name()); // made for known names as well, to take as long
        Verifier verifier = found != null ? found : decoy;
        String nonce = first.nonce() + serverNonce.get();
        String challenge = "r=" + nonce + ",s=" + Base64.getEncoder().encodeToString(verifier.salt()) + ",i="
                + verifier.iterations();
        begun = new Begun(first, challenge, nonce, verifier);
        turn = Turn.LAST;
        return new Step.Challenge(utf8(challenge));
    }

    private Step judge(Begun begun, ClientFinal last) {
        String name = begun.first().name();
        if (!MessageDigest.isEqual(last.binding(), bytes(begun.first().gs2Header()))) {
            return rejected(name, "'" + name + "' repeats another GS2 header than it began with");
        }
        if (!MessageDigest.isEqual(bytes(last.nonce()), bytes(begun.nonce()))) {
            return rejected(name, "'" + name + "' shows the nonce of another exchange");
        }
        Verifier verifier = begun.verifier();
        byte[] covered = bytes(begun.first().bare() + "," + begun.challenge() + "," + last.withoutProof());
        boolean proven = proves(last.proof(), verifier, covered);
        byte[] signature = mechanism.hmac(verifier.serverKey(), covered);
        Verifier now = users.get().find(name); // it may have gone or changed since the challenge
        if (now == null) {
            return rejected(name, "there is no user '" + name + "'");
        }
        if (!proven || !now.sameAs(verifier)) {
            return rejected(name, "wrong password of '" + name + "'");
        }
        String end = "v=" + Base64.getEncoder().encodeToString(signature);
        return new Step.Accepted(name, Map.of(), Optional.of(utf8(end)));
    }

    private static Step rejected(String name, String detail) {
        return new Step.Rejected(detail, Optional.of(name));
    }

    /** H(ClientProof XOR HMAC(StoredKey, AuthMessage)) = StoredKey: RFC 5802 3. */
    private boolean proves(byte[] proof, Verifier verifier, byte[] covered) {
        if (proof.length != mechanism.bytes()) {
            return false;
        }
        byte[] clientKey = mechanism.hmac(verifier.storedKey(), covered);
        for (int i = 0; i < clientKey.length; i++) {
            clientKey[i] ^= proof[i];
        }
        return MessageDigest.isEqual(mechanism.hash(clientKey), verifier.storedKey());
    }

    @Override
    public void close() {
        turn = Turn.OVER;
        begun = null;
    }

    private static ByteBuffer utf8(String text) {
        return ByteBuffer.wrap(bytes(text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
