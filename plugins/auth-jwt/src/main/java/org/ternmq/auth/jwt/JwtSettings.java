package org.ternmq.auth.jwt;

import com.nimbusds.jose.JWSAlgorithm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;

/**
 * The settings.
 *
 * @param keys public keys: PEM or a JWKS
 * @param secretFile the shared secret for HS256, HS384 and HS512
 * @param algorithms those that a token may be signed with; no other is looked at
 * @param issuer what the claim {@code iss} must be; without it, anything
 * @param audience what the claim {@code aud} must have; without it, a token must be for no audience
 * @param leeway by how much clocks may differ
 * @param usernameClaim the claim that is the user name
 * @param username what the user name of CONNECT may be
 * @param attributes claims that access rules are told
 * @param requireExpiry whether a token must have an end
 * @param maxTokenSize longer ones are refused unread
 */
record JwtSettings(
        Optional<Path> keys,
        Optional<Path> secretFile,
        List<String> algorithms,
        Optional<String> issuer,
        Optional<String> audience,
        @Default("30s") Duration leeway,
        @Default("sub") String usernameClaim,
        @Default("same") Username username,
        List<String> attributes,
        @Default("true") boolean requireExpiry,
        @Default("8KiB") DataSize maxTokenSize) {

    /** What the user name of CONNECT may be. */
    enum Username {
        /** Left out, or that of the token. */
        SAME,
        /** Whatever it is, it counts for nothing. */
        ANY
    }

    private static final int LONGEST_PASSWORD = 65_535;

    /** Refuses settings that contradict each other, or are not safe. */
    JwtSettings {
        algorithms = List.copyOf(algorithms);
        attributes = List.copyOf(attributes);
        List<String> problems = new ArrayList<>();
        check(!algorithms.isEmpty(), "algorithms: name those that tokens may be signed with, as [RS256]", problems);
        for (String each : algorithms) {
            JWSAlgorithm algorithm = JWSAlgorithm.parse(each);
            if (JWSAlgorithm.Family.HMAC_SHA.contains(algorithm)) {
                check(secretFile.isPresent(), "algorithms: " + each + " needs a secret-file", problems);
            } else if (isSupported(algorithm)) {
                check(keys.isPresent(), "algorithms: " + each + " needs keys", problems);
            } else {
                problems.add("algorithms: '" + each + "' is not one of RS256, RS384, RS512, PS256, PS384, PS512, ES256,"
                        + " ES384, ES512, HS256, HS384, HS512");
            }
        }
        if (problems.isEmpty()) {
            boolean secret = algorithms.stream().anyMatch(a -> a.startsWith("HS"));
            boolean publicKey = algorithms.stream().anyMatch(a -> !a.startsWith("HS"));
            check(secret || secretFile.isEmpty(), "secret-file: no algorithm uses it", problems);
            check(publicKey || keys.isEmpty(), "keys: no algorithm uses them", problems);
        }
        check(new HashSet<>(algorithms).size() == algorithms.size(), "algorithms: one is there twice", problems);
        check(issuer.filter(String::isEmpty).isEmpty(), "issuer: is empty", problems);
        check(audience.filter(String::isEmpty).isEmpty(), "audience: is empty", problems);
        check(leeway.toMinutes() < 10, "leeway: must be less than 10m", problems);
        check(!usernameClaim.isEmpty(), "username-claim: is empty", problems);
        check(!attributes.contains(""), "attributes: one is empty", problems);
        check(new HashSet<>(attributes).size() == attributes.size(), "attributes: one is there twice", problems);
        check(
                maxTokenSize.bytes() >= 64 && maxTokenSize.bytes() <= LONGEST_PASSWORD,
                "max-token-size: must be 64 to 65535, the longest password there is",
                problems);
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
    }

    private static boolean isSupported(JWSAlgorithm algorithm) {
        return JWSAlgorithm.Family.RSA.contains(algorithm)
                || algorithm.equals(JWSAlgorithm.ES256)
                || algorithm.equals(JWSAlgorithm.ES384)
                || algorithm.equals(JWSAlgorithm.ES512);
    }

    private static void check(boolean holds, String problem, List<String> problems) {
        if (!holds) {
            problems.add(problem);
        }
    }
}
