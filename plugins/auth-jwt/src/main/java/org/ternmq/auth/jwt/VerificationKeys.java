package org.ternmq.auth.jwt;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.KeyConverter;
import com.nimbusds.jwt.SignedJWT;
import java.security.Key;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ternmq.spi.ConfigurationException;

/**
 * The keys that signatures are checked with, each for the algorithms it was made for: a public key is never the secret of a
 * MAC, whatever a token's header says. Immutable.
 */
final class VerificationKeys {
    private record Candidate(Optional<String> kid, Key key) {
        boolean fits(Optional<String> wanted) {
            return wanted.isEmpty() || kid.isEmpty() || kid.equals(wanted);
        }
    }

    private final DefaultJWSVerifierFactory verifiers = new DefaultJWSVerifierFactory();
    private final Map<JWSAlgorithm, List<Candidate>> byAlgorithm;

    private VerificationKeys(Map<JWSAlgorithm, List<Candidate>> byAlgorithm) {
        this.byAlgorithm = Map.copyOf(byAlgorithm);
    }

    /**
     * Reads the files that the settings name.
     *
     * @throws ConfigurationException if one cannot be used, or an algorithm has no key
     */
    static VerificationKeys read(JwtSettings settings) {
        List<JWK> keys = new ArrayList<>();
        settings.keys().ifPresent(file -> keys.addAll(KeyFile.publicKeys(file)));
        settings.secretFile().ifPresent(file -> keys.add(KeyFile.secret(file)));
        Map<JWSAlgorithm, List<Candidate>> byAlgorithm = new HashMap<>();
        List<String> problems = new ArrayList<>();
        for (String name : settings.algorithms()) {
            JWSAlgorithm algorithm = JWSAlgorithm.parse(name);
            JWKMatcher matcher = JWKMatcher.forJWSHeader(new JWSHeader(algorithm));
            List<JWK> fitting = keys.stream().filter(matcher::matches).toList();
            if (fitting.isEmpty()) {
                problems.add("algorithms: no key fits " + name);
            }
            fitting.stream().flatMap(key -> problem(algorithm, key).stream()).forEach(problems::add);
            byAlgorithm.put(
                    algorithm,
                    fitting.stream().flatMap(key -> candidates(key).stream()).toList());
        }
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
        return new VerificationKeys(byAlgorithm);
    }

    private static Optional<String> problem(JWSAlgorithm algorithm, JWK key) {
        int bits = Integer.parseInt(algorithm.getName().substring(2));
        return JWSAlgorithm.Family.HMAC_SHA.contains(algorithm) && key.size() < bits // RFC 7518, 3.2
                ? Optional.of("secret-file: " + algorithm + " needs at least " + bits / 8 + " bytes")
                : Optional.empty();
    }

    private static List<Candidate> candidates(JWK key) {
        return KeyConverter.toJavaKeys(List.of(key)).stream()
                .map(k -> new Candidate(Optional.ofNullable(key.getKeyID()), k))
                .toList();
    }

    /** What is wrong with the header or the signature of a token; empty if a key of ours has signed it. */
    Optional<String> problem(SignedJWT token) {
        JWSHeader header = token.getHeader();
        List<Candidate> candidates = byAlgorithm.get(header.getAlgorithm());
        if (candidates == null) {
            return Optional.of("the token is signed with an algorithm that is not allowed");
        }
        List<Key> fitting = candidates.stream()
                .filter(c -> c.fits(Optional.ofNullable(header.getKeyID())))
                .map(Candidate::key)
                .toList();
        if (fitting.isEmpty()) {
            return Optional.of("no key has the kid that the token names");
        }
        return fitting.stream().anyMatch(key -> verifies(token, key))
                ? Optional.empty()
                : Optional.of("the token has a wrong signature");
    }

    private boolean verifies(SignedJWT token, Key key) {
        try {
            JWSVerifier verifier = verifiers.createJWSVerifier(token.getHeader(), key);
            return token.verify(verifier);
        } catch (JOSEException e) {
            return false; // it is the same to us why it cannot be verified
        }
    }
}
