package org.ternmq.auth.ldap;

import com.unboundid.ldap.sdk.DN;
import com.unboundid.ldap.sdk.DereferencePolicy;
import com.unboundid.ldap.sdk.Filter;
import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.LDAPSearchException;
import com.unboundid.ldap.sdk.RDN;
import com.unboundid.ldap.sdk.ResultCode;
import com.unboundid.ldap.sdk.SearchRequest;
import com.unboundid.ldap.sdk.SearchResult;
import com.unboundid.ldap.sdk.SearchResultEntry;
import com.unboundid.ldap.sdk.SearchScope;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.ternmq.auth.ldap.LdapSettings.Search;
import org.ternmq.auth.ldap.LdapSettings.UnknownUser;
import org.ternmq.spi.AuthResult;

/** The steps of one login: find the user's DN, bind as the user, read what access rules are told. Immutable. */
final class Login {
    private static final Filter ANY = Filter.createPresenceFilter("objectClass");

    /** Bind results that say that this user, or this password, is not good. All others say nothing of the user. */
    private static final Set<ResultCode> REFUSALS = Set.of(
            ResultCode.INVALID_CREDENTIALS,
            ResultCode.INVALID_DN_SYNTAX,
            ResultCode.INAPPROPRIATE_AUTHENTICATION,
            ResultCode.INSUFFICIENT_ACCESS_RIGHTS,
            ResultCode.CONSTRAINT_VIOLATION,
            ResultCode.UNWILLING_TO_PERFORM);

    private final Optional<DnTemplate> userDn;
    private final Optional<Search> search;
    private final Optional<FilterTemplate> searchFilter;
    private final boolean exactName;
    private final UnknownUser unknownUser;
    private final Told told;
    private final int timeLimitSeconds;
    private final String[] attributes;

    Login(LdapSettings settings) {
        userDn = settings.userDn().map(DnTemplate::parse);
        search = settings.search();
        searchFilter = search.map(s -> FilterTemplate.parse(s.filter()));
        exactName = settings.exactName();
        unknownUser = settings.unknownUser();
        told = new Told(settings);
        timeLimitSeconds = (int) Math.max(1, settings.responseTimeout().toSeconds());
        Set<String> wanted = new LinkedHashSet<>(told.attributes());
        searchFilter.ifPresent(filter -> wanted.addAll(filter.namingAttributes()));
        attributes = wanted.isEmpty() ? new String[] {SearchRequest.NO_ATTRIBUTES} : wanted.toArray(String[]::new);
    }

    /**
     * Judges a user.
     *
     * @param password not empty
     * @param trace takes a line for each step
     * @throws Server.Unavailable if the server failed
     * @throws DirectoryException if it answered what says nothing of the user
     */
    AuthResult with(Server server, String username, byte[] password, Consumer<String> trace)
            throws Server.Unavailable, DirectoryException {
        return userDn.isPresent()
                ? bind(server, userDn.get(), username, password, trace)
                : searchAndBind(server, username, password, trace);
    }

    private AuthResult bind(
            Server server, DnTemplate template, String username, byte[] password, Consumer<String> trace)
            throws Server.Unavailable, DirectoryException {
        DN dn = template.of(username);
        trace.accept("bind as " + dn);
        try {
            return server.asUser(dn, password, connection -> {
                trace.accept("password accepted");
                if (!exactName && !told.needsEntry()) {
                    return AuthResult.accepted();
                }
                trace.accept("read " + dn + " as its user");
                SearchResultEntry entry = readOwn(connection, dn);
                if (exactName && !template.isExactly(parsed(entry), username)) {
                    return notExact(entry);
                }
                return told.accepted(entry, username, request -> search(connection, request, trace), trace);
            });
        } catch (LDAPException e) {
            return refusal(e, password, trace);
        }
    }

    private SearchResultEntry readOwn(LDAPConnection connection, DN dn) throws LDAPException, DirectoryException {
        SearchRequest request = request(dn.toString(), SearchScope.BASE, ANY, 1, attributes);
        Optional<SearchResultEntry> entry;
        try {
            entry = connection.search(request).getSearchEntries().stream().findFirst();
        } catch (LDAPSearchException e) {
            if (!e.getResultCode().isConnectionUsable()) {
                throw e;
            }
            entry = Optional.empty();
        }
        return entry.orElseThrow(() -> new DirectoryException("the directory does not let " + dn
                + " read its own entry, which is needed for exact-name, attributes and groups: allow it, or set"
                + " exact-name: false without attributes and groups"));
    }

    private AuthResult searchAndBind(Server server, String username, byte[] password, Consumer<String> trace)
            throws Server.Unavailable, DirectoryException {
        Search where = search.orElseThrow();
        FilterTemplate template = searchFilter.orElseThrow();
        Filter filter = template.of(username, "");
        SearchRequest request = request(where.base(), scope(where.scope()), filter, 2, attributes);
        trace.accept("search " + where.base() + " (" + where.scope() + ") for " + filter + " as "
                + where.bindDn().orElse("the anonymous user"));
        List<SearchResultEntry> found = asSearcher(server, request, trace);
        if (found.isEmpty()) {
            trace.accept("no entry");
            bindAsNobody(server, where, password, trace);
            return unknown();
        }
        if (found.size() > 1) {
            trace.accept("several entries");
            bindAsNobody(server, where, password, trace);
            return AuthResult.rejected("the directory has several entries for this user");
        }
        SearchResultEntry entry = found.get(0);
        trace.accept("found " + entry.getDN());
        if (exactName && template.namingAttributes().stream().noneMatch(a -> has(entry, a, username))) {
            bindAsNobody(server, where, password, trace);
            return notExact(entry);
        }
        trace.accept("bind as " + entry.getDN());
        try {
            server.asUser(parsed(entry), password, connection -> true);
        } catch (LDAPException e) {
            return refusal(e, password, trace);
        }
        trace.accept("password accepted");
        return told.accepted(entry, username, r -> asSearcher(server, r, trace), trace);
    }

    /**
     * Asks the directory as often as for a name that it has, so that the time of an answer tells less of which names exist. What
     * it does itself for an entry that is there, such as to hash the password, it does not do for one that is not; an entry of
     * somebody else would be locked by it.
     */
    private static void bindAsNobody(Server server, Search where, byte[] password, Consumer<String> trace)
            throws Server.Unavailable, DirectoryException {
        try {
            DN nobody = new DN(new RDN("cn", "no such user"), new DN(where.base()));
            trace.accept("bind as " + nobody + ", to take as long");
            server.asUser(nobody, password, connection -> true);
        } catch (LDAPException e) {
            trace.accept("refused, as it has to be");
        }
    }

    private static boolean has(SearchResultEntry entry, String attribute, String value) {
        String[] values = entry.getAttributeValues(attribute);
        return values != null && Arrays.asList(values).contains(value);
    }

    private List<SearchResultEntry> asSearcher(Server server, SearchRequest request, Consumer<String> trace)
            throws Server.Unavailable, DirectoryException {
        try {
            return server.asSearcher(connection -> search(connection, request, trace));
        } catch (LDAPException e) {
            throw unexpected(request, e);
        }
    }

    /** One more entry than the limit of the request means: there are too many. */
    private static List<SearchResultEntry> search(
            LDAPConnection connection, SearchRequest request, Consumer<String> trace)
            throws LDAPException, DirectoryException {
        try {
            SearchResult result = connection.search(request);
            if (result.getReferenceCount() > 0) {
                trace.accept("the server refers to others, which are not asked");
            }
            return result.getSearchEntries();
        } catch (LDAPSearchException e) {
            if (e.getResultCode().equals(ResultCode.SIZE_LIMIT_EXCEEDED)
                    && e.getEntryCount() >= request.getSizeLimit()) {
                return e.getSearchEntries();
            }
            if (!e.getResultCode().isConnectionUsable()) {
                throw e;
            }
            throw unexpected(request, e);
        }
    }

    private static DirectoryException unexpected(SearchRequest request, LDAPException e) {
        return new DirectoryException("the search below " + request.getBaseDN() + " failed: " + Words.of(e));
    }

    private SearchRequest request(String base, SearchScope scope, Filter filter, int most, String... wanted) {
        return new SearchRequest(base, scope, DereferencePolicy.NEVER, most, timeLimitSeconds, false, filter, wanted);
    }

    static SearchScope scope(LdapSettings.Scope scope) {
        return switch (scope) {
            case BASE -> SearchScope.BASE;
            case ONE -> SearchScope.ONE;
            case SUB -> SearchScope.SUB;
        };
    }

    private static DN parsed(SearchResultEntry entry) throws DirectoryException {
        try {
            return entry.getParsedDN();
        } catch (LDAPException e) {
            throw new DirectoryException("the directory answers with what is no DN: " + Words.of(e));
        }
    }

    private static AuthResult notExact(SearchResultEntry entry) {
        return AuthResult.rejected("the directory writes the name differently: " + entry.getDN());
    }

    private AuthResult unknown() {
        return switch (unknownUser) {
            case ABSTAIN -> AuthResult.abstained();
            case REJECT -> AuthResult.rejected("the directory has no such user");
        };
    }

    private AuthResult refusal(LDAPException e, byte[] password, Consumer<String> trace) throws DirectoryException {
        String words = Words.of(e, password);
        trace.accept("bind refused: " + words);
        if (e.getResultCode().equals(ResultCode.NO_SUCH_OBJECT)) {
            return unknown();
        }
        if (REFUSALS.contains(e.getResultCode())) {
            return AuthResult.rejected("the directory refuses the bind: " + words);
        }
        throw new DirectoryException("the directory does not take binds: " + words);
    }
}
