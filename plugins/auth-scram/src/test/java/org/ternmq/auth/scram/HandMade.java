package org.ternmq.auth.scram;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/** Last messages of SCRAM-SHA-256 that no decent client would send, with a proof that fits. */
final class HandMade {
    private HandMade() {}

    /**
     * A last message.
     *
     * @param bare the first one, without GS2 header
     * @param header the GS2 header that it repeats
     * @param extension what stands before the proof
     */
    static String last(String password, String bare, String challenge, String header, String extension)
            throws Exception {
        String[] parts = challenge.split(",");
        byte[] salt = Base64.getDecoder().decode(parts[1].substring(2));
        int iterations = Integer.parseInt(parts[2].substring(2));
        byte[] salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                .generateSecret(new PBEKeySpec(password.toCharArray(), salt, iterations, 256))
                .getEncoded();
        byte[] clientKey = hmac(salted, "Client Key");
        String withoutProof =
                "c=" + Base64.getEncoder().encodeToString(header.getBytes(UTF_8)) + "," + parts[0] + extension;
        byte[] proof = hmac(Mechanism.SHA_256.hash(clientKey), bare + "," + challenge + "," + withoutProof);
        for (int i = 0; i < proof.length; i++) {
            proof[i] ^= clientKey[i];
        }
        return withoutProof + ",p=" + Base64.getEncoder().encodeToString(proof);
    }

    private static byte[] hmac(byte[] key, String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(UTF_8));
    }
}
