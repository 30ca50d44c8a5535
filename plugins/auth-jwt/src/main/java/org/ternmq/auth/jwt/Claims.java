package org.ternmq.auth.jwt;

import com.nimbusds.jwt.JWTClaimsSet;
import java.text.ParseException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a token whose signature is good says: whether it holds here and now, and what access rules are told of it. Immutable. */
final class Claims {
    private static final String SEPARATOR = "\n";
    private static final List<String> TIMES = List.of("exp", "nbf", "iat");

    /** A claim cannot be made a text. */
    static final class UnfitException extends Exception {
        private static final long serialVersionUID = 1L;
        private final String detail;

        UnfitException(String detail) {
            super(detail, null, false, false);
            this.detail = detail;
        }

        String detail() {
            return detail;
        }
    }

    private final JwtSettings settings;
    /** As the token has them: the library takes a number for a text and passes over a time that is none. */
    private final Map<String, Object> raw;

    private final JWTClaimsSet set;

    /**
     * The claims of a token.
     *
     * @throws ParseException if they are no claims
     */
    Claims(JwtSettings settings, Map<String, Object> raw) throws ParseException {
        this.settings = settings;
        this.raw = raw;
        this.set = JWTClaimsSet.parse(raw);
    }

    /** Why the token does not hold; empty if it does. */
    Optional<String> problem(Instant now) {
        Optional<Instant> expires = time(set.getExpirationTime());
        Optional<Instant> begins = time(set.getNotBeforeTime());
        Optional<Instant> issued = time(set.getIssueTime());
        List<String> audience = set.getAudience();
        String problem = null;
        if (!isWellFormed()) {
            problem = "the token has exp, nbf, iat or aud that is none";
        } else if (settings.requireExpiry() && expires.isEmpty()) {
            problem = "the token has no exp";
        } else if (expires.isPresent() && !now.isBefore(expires.get().plus(settings.leeway()))) { // RFC 7519, 4.1.4
            problem = "the token ran out at " + expires.get();
        } else if (begins.isPresent() && now.isBefore(begins.get().minus(settings.leeway()))) { // RFC 7519, 4.1.5
            problem = "the token is not valid before " + begins.get();
        } else if (issued.isPresent() && now.isBefore(issued.get().minus(settings.leeway()))) {
            problem = "the token was issued in the future, at " + issued.get();
        } else if (settings.issuer().isPresent() && !settings.issuer().get().equals(raw.get("iss"))) {
            problem = "the token is of another issuer";
        } else if (settings.audience().isPresent()
                && !audience.contains(settings.audience().get())) {
            problem =
                    "the token is not for the audience '" + settings.audience().get() + "'";
        } else if (settings.audience().isEmpty() && !audience.isEmpty()) { // RFC 7519, 4.1.3
            problem = "the token is for an audience, and the configuration names none";
        }
        return Optional.ofNullable(problem);
    }

    private boolean isWellFormed() {
        Object audience = raw.get("aud");
        boolean texts = audience instanceof List<?> all && all.stream().allMatch(String.class::isInstance);
        return TIMES.stream().allMatch(claim -> !raw.containsKey(claim) || raw.get(claim) instanceof Number)
                && (!raw.containsKey("aud") || audience instanceof String || texts);
    }

    private static Optional<Instant> time(@Nullable Date claim) {
        return Optional.ofNullable(claim).map(Date::toInstant);
    }

    /** Until when the token is accepted. */
    Optional<Instant> validUntil() {
        return time(set.getExpirationTime()).map(end -> end.plus(settings.leeway()));
    }

    /** The user name; throws if the claim is not there or is not fit for one. */
    String username() throws UnfitException {
        String claim = settings.usernameClaim();
        if (!(raw.get(claim) instanceof String name) || name.isEmpty()) {
            throw new UnfitException("the claim '" + claim + "' is no name");
        }
        if (name.chars().anyMatch(Character::isISOControl)) {
            throw new UnfitException("the claim '" + claim + "' has a control character");
        }
        return name;
    }

    /** What access rules are told; throws if a claim is neither a simple value nor a list of such. */
    Map<String, String> attributes() throws UnfitException {
        Map<String, String> attributes = new HashMap<>();
        for (String claim : settings.attributes()) {
            Object value = raw.get(claim);
            if (value instanceof List<?> values) {
                List<String> texts = new ArrayList<>();
                for (Object each : values) {
                    texts.add(text(claim, each));
                }
                attributes.put(claim, String.join(SEPARATOR, texts));
            } else if (value != null) {
                attributes.put(claim, text(claim, value));
            }
        }
        return attributes;
    }

    private static String text(String claim, @Nullable Object value) throws UnfitException {
        if (!(value instanceof String || value instanceof Number || value instanceof Boolean)) {
            throw new UnfitException("the claim '" + claim + "' is neither a simple value nor a list of such");
        }
        String text = value.toString();
        if (text.contains(SEPARATOR)) { // it would pass for two
            throw new UnfitException("the claim '" + claim + "' has a line end");
        }
        return text;
    }
}
