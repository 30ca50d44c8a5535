package org.ternmq.auth.jwt;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;

/** Keys and the tokens of who has them. */
final class Tokens {
    /** When {@link org.ternmq.testkit.TestClock} begins. */
    static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    static final String SECRET = "a secret of at least thirty-two bytes";
    static final RSAKey RSA = rsa("r1");
    static final RSAKey OTHER_RSA = rsa("r2");
    static final ECKey EC = ec();

    private Tokens() {}

    private static RSAKey rsa(String kid) {
        try {
            return new RSAKeyGenerator(2048).keyID(kid).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ECKey ec() {
        try {
            return new ECKeyGenerator(Curve.P_256).keyID("e1").generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a token of ada says if nothing else is wanted. */
    static JWTClaimsSet.Builder ada() {
        return new JWTClaimsSet.Builder()
                .subject("ada")
                .issuer("https://id.example")
                .audience("broker")
                .issueTime(date(Duration.ZERO))
                .expirationTime(date(Duration.ofMinutes(5)));
    }

    static Date date(Duration fromNow) {
        return Date.from(NOW.plus(fromNow));
    }

    static JWSHeader.Builder header(JWSAlgorithm algorithm) {
        return new JWSHeader.Builder(algorithm);
    }

    static String signed(JWSHeader header, JWTClaimsSet claims, JWSSigner signer) throws JOSEException {
        SignedJWT token = new SignedJWT(header, claims);
        token.sign(signer);
        return token.serialize();
    }

    static String rs256(JWTClaimsSet claims) throws JOSEException {
        return signed(header(JWSAlgorithm.RS256).build(), claims, new RSASSASigner(RSA));
    }

    static String es256(JWTClaimsSet claims) throws JOSEException {
        return signed(header(JWSAlgorithm.ES256).build(), claims, new ECDSASigner(EC));
    }

    static String hs256(JWTClaimsSet claims, byte[] secret) throws JOSEException {
        return signed(header(JWSAlgorithm.HS256).build(), claims, new MACSigner(secret));
    }

    /** Signed with the right key, whatever the texts are. */
    static String raw(String header, String payload) throws JOSEException {
        String input = encode(header) + "." + encode(payload);
        return input + "."
                + new RSASSASigner(RSA)
                        .sign(header(JWSAlgorithm.RS256).build(), input.getBytes(StandardCharsets.US_ASCII));
    }

    static String encode(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    static String pem(JWK key) throws JOSEException {
        byte[] der = key.getKeyType().getValue().equals("RSA")
                ? key.toRSAKey().toPublicKey().getEncoded()
                : key.toECKey().toPublicKey().getEncoded();
        return "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder().encodeToString(der)
                + "\n-----END PUBLIC KEY-----\n";
    }
}
