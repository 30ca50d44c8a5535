package org.ternmq.auth.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.ternmq.auth.jwt.Tokens.EC;
import static org.ternmq.auth.jwt.Tokens.NOW;
import static org.ternmq.auth.jwt.Tokens.OTHER_RSA;
import static org.ternmq.auth.jwt.Tokens.RSA;
import static org.ternmq.auth.jwt.Tokens.SECRET;
import static org.ternmq.auth.jwt.Tokens.ada;
import static org.ternmq.auth.jwt.Tokens.date;
import static org.ternmq.auth.jwt.Tokens.encode;
import static org.ternmq.auth.jwt.Tokens.es256;
import static org.ternmq.auth.jwt.Tokens.header;
import static org.ternmq.auth.jwt.Tokens.hs256;
import static org.ternmq.auth.jwt.Tokens.pem;
import static org.ternmq.auth.jwt.Tokens.raw;
import static org.ternmq.auth.jwt.Tokens.rs256;
import static org.ternmq.auth.jwt.Tokens.signed;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.AuthResult.Abstained;
import org.ternmq.spi.AuthResult.Accepted;
import org.ternmq.spi.AuthResult.Rejected;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.testkit.AuthenticatorConformance;
import org.ternmq.testkit.TestCredentials;
import org.ternmq.testkit.TestPluginContext;

final class JwtAuthenticatorTest extends AuthenticatorConformance {
    @TempDir
    Path folder = Path.of("");

    private Authenticator with(Map<String, ?> settings) {
        return new JwtAuthenticatorFactory().create(new TestPluginContext("tokens", folder, settings));
    }

    /** RS256 with a key in PEM, and what is written here. */
    private Authenticator rsa(Map<String, ?> more) throws Exception {
        Files.writeString(folder.resolve("key.pem"), pem(RSA));
        Map<String, Object> settings = new HashMap<>(Map.of(
                "keys",
                "key.pem",
                "algorithms",
                List.of("RS256"),
                "audience",
                "broker",
                "issuer",
                "https://id.example"));
        settings.putAll(more);
        return with(settings);
    }

    @Override
    protected Authenticator authenticator() throws Exception {
        return rsa(Map.of());
    }

    @Override
    protected TestCredentials good() {
        try {
            return TestCredentials.of("ada", rs256(ada().build()));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The token says who it is: a CONNECT need not. */
    @Override
    @Test
    protected void refusesWhoNamesNobody() {
        assertThat(ask(good().withoutUsername()))
                .isEqualTo(new Accepted(Map.of(), Optional.of("ada"), Optional.of(NOW.plusSeconds(5 * 60 + 30))));
        assertThat(ask(good().withoutUsername().withoutPassword())).isInstanceOf(Abstained.class);
        assertThat(ask(good().withUsername(""))).isInstanceOf(Rejected.class);
    }

    private AuthResult ask(TestCredentials credentials) {
        try {
            return authenticator().authenticate(credentials);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static AuthResult show(Authenticator authenticator, String token) throws Exception {
        return authenticator.authenticate(new TestCredentials().withPassword(token));
    }

    /** It is refused for this reason, and nothing of the token is in the log. */
    private static void assertRejected(Authenticator authenticator, String token, String why) throws Exception {
        AuthResult result = show(authenticator, token);
        assertThat(result).isInstanceOfSatisfying(Rejected.class, rejected -> {
            assertThat(rejected.detail()).contains(why);
            for (String part : token.split("\\.")) {
                assertThat(rejected.detail()).doesNotContain(part);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "secret", "a.b.c", "eyJ", "..", "a.b", "ä.ö.ü", "e30.e30.e30.e30.e30", "e30.e30.\0"})
    void whatIsNoTokenIsLeftToTheNext(String password) throws Exception {
        assertThat(authenticator().authenticate(TestCredentials.of("ada", password)))
                .isInstanceOf(Abstained.class);
    }

    @Test
    void tokensThatDoNotHoldAreRejected() throws Exception {
        Authenticator tokens = authenticator();
        assertRejected(
                tokens,
                rs256(ada().expirationTime(date(Duration.ofSeconds(-30))).build()),
                "ran out");
        assertThat(show(
                        tokens,
                        rs256(ada().expirationTime(date(Duration.ofSeconds(-29)))
                                .build())))
                .as("within the leeway")
                .isInstanceOf(Accepted.class);
        assertRejected(tokens, rs256(ada().expirationTime(null).build()), "no exp");
        assertRejected(
                tokens, rs256(ada().notBeforeTime(date(Duration.ofSeconds(31))).build()), "not valid before");
        assertThat(show(
                        tokens,
                        rs256(ada().notBeforeTime(date(Duration.ofSeconds(30))).build())))
                .isInstanceOf(Accepted.class);
        assertRejected(
                tokens, rs256(ada().issueTime(date(Duration.ofSeconds(31))).build()), "in the future");
        assertRejected(tokens, rs256(ada().issuer("https://evil.example").build()), "another issuer");
        assertRejected(tokens, rs256(ada().issuer(null).build()), "another issuer");
        assertRejected(tokens, rs256(ada().audience("shop").build()), "audience");
        assertRejected(tokens, rs256(ada().audience(List.<String>of()).build()), "audience");
        assertThat(show(tokens, rs256(ada().audience(List.of("shop", "broker")).build())))
                .isInstanceOf(Accepted.class);
    }

    @Test
    void aTokenForAnAudienceWantsOneInTheConfiguration() throws Exception { // RFC 7519, 4.1.3
        Files.writeString(folder.resolve("key.pem"), pem(RSA));
        Authenticator nobody = with(Map.of("keys", "key.pem", "algorithms", List.of("RS256")));
        assertRejected(nobody, rs256(ada().build()), "names none");
        assertThat(show(nobody, rs256(ada().audience(List.<String>of()).build())))
                .isInstanceOf(Accepted.class);
    }

    @Test
    void anEndCanBeLeftOutIfThatIsWanted() throws Exception {
        Authenticator tokens = rsa(Map.of("require-expiry", false, "leeway", "0s"));
        assertThat(show(tokens, rs256(ada().expirationTime(null).build())))
                .isEqualTo(new Accepted(Map.of(), Optional.of("ada"), Optional.empty()));
        assertRejected(tokens, rs256(ada().expirationTime(date(Duration.ZERO)).build()), "ran out");
    }

    @Test
    void wrongSignaturesAreRejected() throws Exception {
        Authenticator tokens = authenticator();
        String good = rs256(ada().build());
        String[] parts = good.split("\\.");
        assertRejected(
                tokens,
                signed(header(JWSAlgorithm.RS256).build(), ada().build(), new RSASSASigner(OTHER_RSA)),
                "wrong signature");
        assertRejected(
                tokens,
                parts[0] + "." + encode(ada().subject("root").build().toString()) + "." + parts[2],
                "wrong signature");
        assertRejected(tokens, parts[0] + "." + parts[1] + "." + parts[2].substring(4), "wrong signature");
        assertRejected(tokens, parts[0] + "." + parts[1] + ".", "");
        assertRejected(tokens, parts[0] + "." + parts[1] + ".AAAA", "wrong signature");
    }

    /** RFC 8725, 3.1: the header does not choose how it is verified. */
    @Test
    void theHeaderDoesNotChooseTheAlgorithm() throws Exception {
        Authenticator tokens = authenticator();
        String claims = ada().build().toString();
        for (String none : List.of("none", "None", "NONE", "nOnE")) {
            assertRejected(tokens, encode("{\"alg\":\"" + none + "\"}") + "." + encode(claims) + ".", "");
            assertRejected(tokens, encode("{\"alg\":\"" + none + "\"}") + "." + encode(claims) + ".AAAA", "");
        }
        byte[] pem = Files.readAllBytes(folder.resolve("key.pem"));
        assertRejected(tokens, hs256(ada().build(), pem), "not allowed"); // the public key as a secret
        assertRejected(tokens, hs256(ada().build(), RSA.toPublicKey().getEncoded()), "not allowed");
        assertRejected(tokens, es256(ada().build()), "not allowed");
        assertRejected(
                tokens,
                signed(header(JWSAlgorithm.RS512).build(), ada().build(), new RSASSASigner(RSA)),
                "not allowed");
        assertRejected(tokens, raw("{\"alg\":\"RS256\",\"alg\":\"none\"}", claims), "");
        assertRejected(tokens, raw("{}", claims), "well-formed");
        assertRejected(tokens, raw("{\"alg\":\"RS256\",\"crit\":[\"x\"],\"x\":1}", claims), "");
    }

    /** With HS256 allowed as well, each key is still for its own algorithms alone. */
    @Test
    void aPublicKeyIsNoSecret() throws Exception {
        Files.writeString(folder.resolve("secret"), SECRET + "\n");
        Authenticator both = rsa(Map.of("algorithms", List.of("RS256", "HS256"), "secret-file", "secret"));
        assertThat(show(both, rs256(ada().build()))).isInstanceOf(Accepted.class);
        assertThat(show(both, hs256(ada().build(), SECRET.getBytes(StandardCharsets.UTF_8))))
                .isInstanceOf(Accepted.class);
        byte[] pem = Files.readAllBytes(folder.resolve("key.pem"));
        assertRejected(both, hs256(ada().build(), pem), "wrong signature");
        assertRejected(both, hs256(ada().build(), RSA.toPublicKey().getEncoded()), "wrong signature");
    }

    @Test
    void keysInTheTokenCountForNothing() throws Exception {
        assertRejected(
                authenticator(),
                signed(
                        header(JWSAlgorithm.RS256).jwk(OTHER_RSA.toPublicJWK()).build(),
                        ada().build(),
                        new RSASSASigner(OTHER_RSA)),
                "wrong signature");
    }

    @Test
    void otherTypesOfTokensAreNoLogins() throws Exception { // RFC 8725, 3.11
        Authenticator tokens = authenticator();
        for (String type : List.of("JWT", "jwt", "at+jwt", "application/at+JWT")) {
            assertThat(show(
                            tokens,
                            signed(
                                    header(JWSAlgorithm.RS256)
                                            .type(new JOSEObjectType(type))
                                            .build(),
                                    ada().build(),
                                    new RSASSASigner(RSA))))
                    .as(type)
                    .isInstanceOf(Accepted.class);
        }
        assertRejected(
                tokens,
                signed(
                        header(JWSAlgorithm.RS256)
                                .type(new JOSEObjectType("logout+jwt"))
                                .build(),
                        ada().build(),
                        new RSASSASigner(RSA)),
                "no login");
    }

    @Test
    void garbageInTheFormOfATokenIsRejected() throws Exception {
        Authenticator tokens = authenticator();
        assertRejected(tokens, encode("{") + "." + encode("{") + "." + encode("x"), "well-formed");
        assertRejected(tokens, raw("{\"alg\":\"RS256\"}", "not JSON"), "well-formed");
        assertRejected(tokens, raw("{\"alg\":\"RS256\"}", "[]"), "");
        String end = String.valueOf(NOW.plusSeconds(60).getEpochSecond());
        Authenticator lax = with(Map.of("keys", "key.pem", "algorithms", List.of("RS256"), "require-expiry", false));
        for (String claim : List.of(
                "\"exp\":\"soon\"",
                "\"exp\":\"" + end + "\"",
                "\"exp\":null",
                "\"exp\":[" + end + "]",
                "\"nbf\":\"soon\"",
                "\"iat\":{}",
                "\"aud\":7",
                "\"aud\":{\"a\":1}",
                "\"aud\":[7]")) {
            assertThat(show(lax, raw("{\"alg\":\"RS256\"}", "{\"sub\":\"ada\"," + claim + "}")))
                    .as(claim)
                    .isInstanceOf(Rejected.class);
        }
        assertRejected(tokens, raw("{\"alg\":\"RS256\"}", "{\"exp\":" + "[".repeat(3000)), "well-formed");
        assertRejected(tokens, encode("{\"alg\":\"RS256\"}") + "." + "x".repeat(8192) + ".AAAA", "max-token-size");
        assertRejected(tokens, encode("{\"alg\":" + "{\"a\":".repeat(1000) + "1") + ".AAAA.AAAA", "well-formed");
    }

    @Test
    void aNameThatIsNoTextIsRejected() throws Exception {
        String rest = ",\"iss\":\"https://id.example\",\"aud\":\"broker\",\"exp\":"
                + NOW.plusSeconds(60).getEpochSecond() + "}";
        Authenticator byId = rsa(Map.of("username-claim", "client"));
        for (String name : List.of("7", "true", "null", "[\"ada\"]", "{\"name\":\"ada\"}", "\"\"", "\"a\\u0000b\"")) {
            assertRejected(byId, raw("{\"alg\":\"RS256\"}", "{\"client\":" + name + rest), "the claim 'client'");
        }
        assertRejected(byId, rs256(ada().build()), "the claim 'client' is no name");
        assertThat(show(byId, raw("{\"alg\":\"RS256\"}", "{\"client\":\"bob\"" + rest)))
                .isInstanceOfSatisfying(
                        Accepted.class, a -> assertThat(a.username()).contains("bob"));
        assertThat(show(authenticator(), raw("{\"alg\":\"RS256\"}", "{\"sub\":7" + rest)))
                .isInstanceOf(Rejected.class);
    }

    @Test
    void theUserNameOfConnectCountsForNothingIfThatIsWanted() throws Exception {
        Authenticator any = rsa(Map.of("username", "any"));
        assertThat(any.authenticate(good().withUsername("root")))
                .as("and is not the name that access rules see")
                .isInstanceOfSatisfying(
                        Accepted.class, a -> assertThat(a.username()).contains("ada"));
    }

    @Test
    void claimsBecomeAttributes() throws Exception {
        Authenticator tokens = rsa(Map.of("attributes", List.of("groups", "site", "level", "missing")));
        JWTClaimsSet.Builder claims =
                ada().claim("site", "north").claim("level", 3).claim("other", "x");
        assertThat(show(
                        tokens,
                        rs256(claims.claim("groups", List.of("staff", "night shift"))
                                .build())))
                .isInstanceOfSatisfying(
                        Accepted.class,
                        a -> assertThat(a.attributes())
                                .isEqualTo(Map.of("groups", "staff\nnight shift", "site", "north", "level", "3")));
        assertRejected(
                tokens, rs256(claims.claim("groups", List.of("staff\nadmin")).build()), "'groups' has a line end");
        assertRejected(tokens, rs256(claims.claim("groups", Map.of("a", 1)).build()), "'groups' is neither");
        assertRejected(
                tokens, rs256(claims.claim("groups", List.of(List.of("a"))).build()), "'groups' is neither");
    }

    private void jwks(JWK... keys) throws Exception {
        Files.writeString(folder.resolve("keys.json"), new JWKSet(List.of(keys)).toString());
    }

    private static String named(String kid, JWK key) throws Exception {
        return signed(header(JWSAlgorithm.RS256).keyID(kid).build(), ada().build(), new RSASSASigner(key.toRSAKey()));
    }

    @Test
    void aJwksIsAskedByKid() throws Exception {
        jwks(RSA.toPublicJWK(), OTHER_RSA.toPublicJWK(), EC.toPublicJWK());
        Authenticator tokens = rsa(Map.of("keys", "keys.json", "algorithms", List.of("RS256", "ES256")));
        assertThat(show(tokens, named("r1", RSA))).isInstanceOf(Accepted.class);
        assertThat(show(tokens, named("r2", OTHER_RSA))).isInstanceOf(Accepted.class);
        assertThat(show(tokens, es256(ada().build()))).isInstanceOf(Accepted.class);
        assertThat(show(tokens, rs256(ada().build()))).as("without kid").isInstanceOf(Accepted.class);
        assertRejected(tokens, named("r2", RSA), "wrong signature");
        assertRejected(tokens, named("e1", RSA), "no key has the kid");
        assertRejected(tokens, named("unknown", RSA), "no key has the kid");
    }

    @Test
    void reloadSwapsTheKeysAndABadFileKeepsTheOldOnes() throws Exception {
        jwks(RSA.toPublicJWK());
        Authenticator tokens = rsa(Map.of("keys", "keys.json"));
        jwks(OTHER_RSA.toPublicJWK());
        assertThat(show(tokens, named("r1", RSA))).isInstanceOf(Accepted.class);
        tokens.reload();
        assertRejected(tokens, named("r1", RSA), "no key has the kid");
        assertThat(show(tokens, named("r2", OTHER_RSA))).isInstanceOf(Accepted.class);
        for (String bad : List.of("", "{", "{}", "{\"keys\":[]}", "-----BEGIN PUBLIC KEY-----")) {
            Files.writeString(folder.resolve("keys.json"), bad);
            assertThatThrownBy(tokens::reload)
                    .as(bad)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("keys.json");
        }
        Files.delete(folder.resolve("keys.json"));
        assertThatThrownBy(tokens::reload).hasMessageContaining("there is no file");
        assertThat(show(tokens, named("r2", OTHER_RSA))).isInstanceOf(Accepted.class);
        assertRejected(tokens, named("r1", RSA), "no key has the kid");
    }

    @Test
    void filesThatAreNoPublicKeysAreRefused() throws Exception {
        Files.writeString(folder.resolve("secret"), "too short");
        assertThatThrownBy(() -> with(Map.of("secret-file", "secret", "algorithms", List.of("HS256"))))
                .hasMessageContaining("at least 32 bytes")
                .hasMessageNotContaining("too short");
        Files.writeString(folder.resolve("keys.json"), new JWKSet(RSA).toString(false));
        assertThatThrownBy(() -> rsa(Map.of("keys", "keys.json")))
                .hasMessageContaining("has a private key")
                .hasMessageNotContaining(RSA.getPrivateExponent().toString());
        Files.writeString(
                folder.resolve("keys.json"), "{\"keys\":[{\"kty\":\"oct\",\"k\":\"" + encode(SECRET) + "\"}]}");
        assertThatThrownBy(() -> rsa(Map.of("keys", "keys.json")))
                .hasMessageContaining("has a secret")
                .hasMessageNotContaining(encode(SECRET));
        Files.writeString(folder.resolve("keys.json"), pem(EC));
        assertThatThrownBy(() -> rsa(Map.of("keys", "keys.json"))).hasMessageContaining("no key fits RS256");
        Files.writeString(folder.resolve("keys.json"), pem(RSA).replace("PUBLIC", "RSA PUBLIC"));
        assertThatThrownBy(() -> rsa(Map.of("keys", "keys.json"))).hasMessageContaining("RSA PUBLIC KEY");
    }

    @Test
    void settingsThatAreNotSafeAreRefused() {
        Set<Map<String, ?>> wrong = Set.of(
                Map.of(),
                Map.of("keys", "k"),
                Map.of("keys", "k", "algorithms", List.of()),
                Map.of("keys", "k", "algorithms", List.of("none")),
                Map.of("keys", "k", "algorithms", List.of("RS256", "RS256")),
                Map.of("keys", "k", "algorithms", List.of("rs256")),
                Map.of("keys", "k", "algorithms", List.of("EdDSA")),
                Map.of("keys", "k", "algorithms", List.of("HS256")),
                Map.of("secret-file", "s", "algorithms", List.of("RS256")),
                Map.of("keys", "k", "secret-file", "s", "algorithms", List.of("RS256")),
                Map.of("keys", "k", "algorithms", List.of("RS256"), "audience", ""),
                Map.of("keys", "k", "algorithms", List.of("RS256"), "leeway", "1h"),
                Map.of("keys", "k", "algorithms", List.of("RS256"), "max-token-size", "1MiB"),
                Map.of("keys", "k", "algorithms", List.of("RS256"), "username", "none"));
        for (Map<String, ?> settings : wrong) {
            assertThatThrownBy(() -> with(settings))
                    .as("%s", settings)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageNotContaining("there is no file");
        }
    }

    /** The example of RFC 7515, A.1, with its own key: from another implementation. */
    @Test
    void verifiesTheExampleOfTheStandard() throws Exception {
        Files.write(
                folder.resolve("secret"),
                Base64.getUrlDecoder()
                        .decode(
                                "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"));
        Authenticator tokens =
                with(Map.of("secret-file", "secret", "algorithms", List.of("HS256"), "username-claim", "iss"));
        String token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                + "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
                + "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assertRejected(tokens, token, "ran out at 2011-03-22T18:43:00Z");
    }
}
