package org.ternmq.auth.ldap;

import com.unboundid.ldap.sdk.Filter;
import com.unboundid.ldap.sdk.LDAPException;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A filter with placeholders in some of its values. It is taken apart before anything is put in, so that nothing that is put in
 * can be more than a value, wildcards included (RFC 4515).
 */
final class FilterTemplate {
    private final Filter template;

    private FilterTemplate(Filter template) {
        this.template = template;
    }

    /**
     * Reads a template.
     *
     * @throws IllegalArgumentException says what is wrong with it
     */
    static FilterTemplate parse(String text) {
        try {
            FilterTemplate template = new FilterTemplate(Filter.create(text));
            for (Placeholder placeholder : Placeholder.values()) {
                if (placeholder.isIn(text) && !template.uses(placeholder)) {
                    throw new IllegalArgumentException("'" + text + "' has " + placeholder + " outside of a value");
                }
            }
            return template;
        } catch (LDAPException e) {
            throw new IllegalArgumentException("'" + text + "' is no filter: " + e.getMessage(), e);
        }
    }

    /** Whether a placeholder is in one of its values. */
    boolean uses(Placeholder placeholder) {
        boolean[] found = {false};
        fill(template, value -> {
            found[0] |= placeholder.isIn(value);
            return value;
        });
        return found[0];
    }

    /** The attributes that are compared with {@code {username}} and nothing else. */
    Set<String> namingAttributes() {
        Set<String> names = new LinkedHashSet<>();
        collectNaming(template, names);
        return names;
    }

    private static void collectNaming(Filter filter, Set<String> names) {
        if (filter.getFilterType() == Filter.FILTER_TYPE_EQUALITY
                && Placeholder.USERNAME.toString().equals(filter.getAssertionValue())) {
            names.add(filter.getAttributeName());
        }
        for (Filter part : filter.getComponents()) {
            collectNaming(part, names);
        }
    }

    /** The filter for a user. */
    Filter of(String username, String dn) {
        // In one pass: what a name says is not looked at again.
        return fill(template, value -> {
            StringBuilder filled = new StringBuilder();
            int from = 0;
            while (from < value.length()) {
                if (value.startsWith(Placeholder.USERNAME.toString(), from)) {
                    filled.append(username);
                    from += Placeholder.USERNAME.toString().length();
                } else if (value.startsWith(Placeholder.DN.toString(), from)) {
                    filled.append(dn);
                    from += Placeholder.DN.toString().length();
                } else {
                    filled.append(value.charAt(from++));
                }
            }
            return filled.toString();
        });
    }

    private static Filter fill(Filter f, UnaryOperator<String> change) {
        return switch (f.getFilterType()) {
            case Filter.FILTER_TYPE_AND -> Filter.createANDFilter(fillAll(f, change));
            case Filter.FILTER_TYPE_OR -> Filter.createORFilter(fillAll(f, change));
            case Filter.FILTER_TYPE_NOT -> Filter.createNOTFilter(fill(f.getNOTComponent(), change));
            case Filter.FILTER_TYPE_EQUALITY ->
                Filter.createEqualityFilter(f.getAttributeName(), change.apply(f.getAssertionValue()));
            case Filter.FILTER_TYPE_GREATER_OR_EQUAL ->
                Filter.createGreaterOrEqualFilter(f.getAttributeName(), change.apply(f.getAssertionValue()));
            case Filter.FILTER_TYPE_LESS_OR_EQUAL ->
                Filter.createLessOrEqualFilter(f.getAttributeName(), change.apply(f.getAssertionValue()));
            case Filter.FILTER_TYPE_APPROXIMATE_MATCH ->
                Filter.createApproximateMatchFilter(f.getAttributeName(), change.apply(f.getAssertionValue()));
            case Filter.FILTER_TYPE_EXTENSIBLE_MATCH ->
                Filter.createExtensibleMatchFilter(
                        f.getAttributeName(),
                        f.getMatchingRuleID(),
                        f.getDNAttributes(),
                        change.apply(f.getAssertionValue()));
            case Filter.FILTER_TYPE_SUBSTRING ->
                Filter.createSubstringFilter(
                        f.getAttributeName(),
                        orNull(f.getSubInitialString(), change),
                        Arrays.stream(f.getSubAnyStrings()).map(change).toArray(String[]::new),
                        orNull(f.getSubFinalString(), change));
            case Filter.FILTER_TYPE_PRESENCE -> f;
            default -> throw new IllegalArgumentException("'" + f + "' is of a kind that is not known");
        };
    }

    private static @Nullable String orNull(@Nullable String value, UnaryOperator<String> change) {
        return value == null ? null : change.apply(value);
    }

    private static List<Filter> fillAll(Filter f, UnaryOperator<String> change) {
        return Arrays.stream(f.getComponents()).map(part -> fill(part, change)).toList();
    }

    @Override
    public String toString() {
        return template.toString();
    }
}
