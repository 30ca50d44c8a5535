package org.ternmq.auth.ldap;

import com.unboundid.ldap.sdk.DN;
import com.unboundid.ldap.sdk.DereferencePolicy;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.RDN;
import com.unboundid.ldap.sdk.SearchRequest;
import com.unboundid.ldap.sdk.SearchResultEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.auth.ldap.LdapSettings.Groups;
import org.ternmq.spi.AuthResult;

/**
 * What access rules are told of a user: attributes of the entry under the names that the settings give them, and the names of
 * the groups under {@code groups}. Several values are in one text, with line feeds between them. Immutable.
 *
 * <p>A value with a control character is left out, as one text could pass for two. So is the name of a group with a comma.
 */
final class Told {
    private static final Logger LOG = LoggerFactory.getLogger(Told.class);
    private static final String SEPARATOR = "\n";
    private static final int MOST_GROUPS = 1000;

    /** Searches on the connection of the one who may. */
    interface Searching<E extends Exception> {
        List<SearchResultEntry> search(SearchRequest request) throws E, Server.Unavailable, DirectoryException;
    }

    private final List<String> named;
    private final Optional<Groups> groups;
    private final Optional<FilterTemplate> groupFilter;
    private final int timeLimitSeconds;

    Told(LdapSettings settings) {
        named = settings.attributes();
        groups = settings.groups();
        groupFilter = groups.filter(g -> g.base().isPresent()).map(g -> FilterTemplate.parse(g.filter()));
        timeLimitSeconds = (int) Math.max(1, settings.responseTimeout().toSeconds());
    }

    /** The attributes of the user's entry that are looked at. */
    Set<String> attributes() {
        Set<String> all = new LinkedHashSet<>(named);
        groups.flatMap(Groups::memberOf).ifPresent(all::add);
        return all;
    }

    /** Whether the user's entry has to be read at all. */
    boolean needsEntry() {
        return !named.isEmpty() || groups.isPresent();
    }

    /** The verdict on a user who is bound. */
    <E extends Exception> AuthResult accepted(
            SearchResultEntry entry, String username, Searching<E> searching, Consumer<String> trace)
            throws E, Server.Unavailable, DirectoryException {
        Map<String, String> attributes = new LinkedHashMap<>();
        for (String name : named) {
            put(
                    attributes,
                    name,
                    values(entry, name).filter(value -> fits(name, value)).toList(),
                    trace);
        }
        if (groups.isPresent()) {
            List<String> names = groups.get().memberOf().isPresent()
                    ? fromEntry(
                            entry, groups.get().memberOf().get(), groups.get().name())
                    : found(entry, username, groups.get(), searching, trace);
            put(
                    attributes,
                    LdapSettings.GROUPS,
                    names.stream()
                            .filter(name -> fits(LdapSettings.GROUPS, name) && !name.contains(","))
                            .distinct()
                            .toList(),
                    trace);
        }
        return new AuthResult.Accepted(attributes);
    }

    private static void put(Map<String, String> to, String name, List<String> values, Consumer<String> trace) {
        if (!values.isEmpty()) {
            to.put(name, String.join(SEPARATOR, values));
        }
        trace.accept("attribute " + name + ": " + (values.isEmpty() ? "none" : String.join(", ", values)));
    }

    private static Stream<String> values(SearchResultEntry entry, String attribute) {
        String[] values = entry.getAttributeValues(attribute);
        return values == null ? Stream.empty() : Arrays.stream(values);
    }

    private static boolean fits(String attribute, String value) {
        boolean fits = !value.isEmpty() && value.chars().noneMatch(Character::isISOControl);
        if (!fits) {
            LOG.debug("A value of {} has a control character, or none at all, and is left out", attribute);
        }
        return fits;
    }

    private static List<String> fromEntry(SearchResultEntry entry, String attribute, String name) {
        List<String> names = new ArrayList<>();
        values(entry, attribute).forEach(group -> {
            try {
                RDN first = new DN(group).getRDN();
                if (first != null && first.hasAttribute(name)) {
                    names.add(Told.value(first, name));
                }
            } catch (LDAPException e) {
                LOG.debug("'{}' in {} is no DN, and is left out", group, attribute);
            }
        });
        return names;
    }

    private static String value(RDN rdn, String attribute) {
        String[] names = rdn.getAttributeNames();
        for (int i = 0; i < names.length; i++) {
            if (names[i].equalsIgnoreCase(attribute)) {
                return rdn.getAttributeValues()[i];
            }
        }
        return "";
    }

    private <E extends Exception> List<String> found(
            SearchResultEntry entry, String username, Groups where, Searching<E> searching, Consumer<String> trace)
            throws E, Server.Unavailable, DirectoryException {
        SearchRequest request = new SearchRequest(
                where.base().orElseThrow(),
                Login.scope(where.scope()),
                DereferencePolicy.NEVER,
                MOST_GROUPS + 1,
                timeLimitSeconds,
                false,
                groupFilter.orElseThrow().of(username, entry.getDN()),
                where.name());
        trace.accept("search " + request.getBaseDN() + " (" + where.scope() + ") for groups " + request.getFilter());
        List<SearchResultEntry> groupEntries = searching.search(request);
        if (groupEntries.size() > MOST_GROUPS) {
            throw new DirectoryException(entry.getDN() + " has more than " + MOST_GROUPS + " groups");
        }
        return groupEntries.stream()
                .flatMap(group -> values(group, where.name()))
                .toList();
    }
}
