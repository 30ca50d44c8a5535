package org.ternmq.auth.jwt;

import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.ternmq.auth.jwt.Claims.UnfitException;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.Credentials;

/**
 * Lets in who has a signed token, a JWT (RFC 7519) in the compact form, in the place of the password.
 *
 * <p>A password that does not have the form of one is left to the next authenticator; one that has, and does not hold, is a
 * rejection. The user name is the token's, and the client is in for as long as the token holds.
 *
 * <p>{@link #reload} reads the keys anew; if a file cannot be used, the keys before it stay. Clients that are in stay.
 */
final class JwtAuthenticator implements Authenticator {
    /** Three parts, the last of which an unsigned token leaves empty. */
    private static final Pattern COMPACT = Pattern.compile("[\\w-]+\\.[\\w-]+\\.[\\w-]*");

    /** RFC 7519, 5.1; RFC 9068, 2.1. */
    private static final Set<String> TYPES = Set.of("jwt", "at+jwt", "application/at+jwt");

    private static final String MALFORMED = "the token is not a well-formed and signed JWT";

    private final JwtSettings settings;
    private final Clock clock;
    private volatile VerificationKeys keys;

    /** Reads the keys. */
    JwtAuthenticator(JwtSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        this.keys = VerificationKeys.read(settings);
    }

    @Override
    public AuthResult authenticate(Credentials credentials) {
        // What is not ASCII is no token in any case.
        String text = credentials
                .password()
                .map(password -> StandardCharsets.ISO_8859_1.decode(password).toString())
                .orElse("");
        if (!isToken(text)) {
            return AuthResult.abstained();
        }
        if (text.length() > settings.maxTokenSize().bytes()) {
            return AuthResult.rejected("the token is longer than max-token-size");
        }
        return judge(text, credentials.username());
    }

    /** Whether it has the form: a password like {@code a.b.c} has no header. */
    private static boolean isToken(String text) {
        int end = text.indexOf('.');
        return end > 0
                && COMPACT.matcher(text).matches()
                && new Base64URL(text.substring(0, end)).decodeToString().startsWith("{");
    }

    private AuthResult judge(String text, Optional<String> username) {
        try {
            SignedJWT token = SignedJWT.parse(text);
            Optional<String> problem = headerProblem(token).or(() -> keys.problem(token));
            if (problem.isPresent()) {
                return AuthResult.rejected(problem.get());
            }
            Map<String, Object> payload = token.getPayload().toJSONObject();
            if (payload == null) {
                return AuthResult.rejected(MALFORMED);
            }
            Claims claims = new Claims(settings, payload);
            Optional<String> invalid = claims.problem(clock.instant());
            if (invalid.isPresent()) {
                return AuthResult.rejected(invalid.get());
            }
            String name = claims.username();
            if (settings.username() == JwtSettings.Username.SAME
                    && username.isPresent()
                    && !username.get().equals(name)) {
                return AuthResult.rejected("the token is for another user name, '" + name + "'");
            }
            return new AuthResult.Accepted(claims.attributes(), Optional.of(name), claims.validUntil());
        } catch (UnfitException e) {
            return AuthResult.rejected(e.detail());
        } catch (ParseException | IllegalArgumentException | IllegalStateException e) {
            return AuthResult.rejected(MALFORMED); // the reason may cite it
        }
    }

    private static Optional<String> headerProblem(SignedJWT token) {
        Base64URL signature = token.getSignature();
        if (!Base64URL.encode(signature.decode()).equals(signature)) {
            return Optional.of("the token has a wrong signature"); // the same bytes in another spelling
        }
        boolean typed = token.getHeader().getType() != null;
        return typed && !TYPES.contains(token.getHeader().getType().getType().toLowerCase(Locale.ROOT))
                ? Optional.of("the token is of a type that is no login")
                : Optional.empty();
    }

    @Override
    public void reload() {
        keys = VerificationKeys.read(settings);
    }

    @Override
    public String toString() {
        return "tokens signed with " + String.join(", ", settings.algorithms());
    }
}
