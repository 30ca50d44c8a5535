package org.ternmq.auth.ldap;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.Default;

/**
 * The settings.
 *
 * @param url one or several of {@code ldap://host:port} and {@code ldaps://host:port}, separated by blanks; the first that
 *     answers is used
 * @param userDn the DN to bind as, with {@code {username}} in it; this or {@code search}
 * @param search how to find the DN to bind as
 * @param startTls whether connections by {@code ldap://} are encrypted before anything is sent
 * @param trust certificates (PEM) of who may have signed the server's; without it, those that Java trusts
 * @param verifyHostName whether the server's certificate must be for the host that the URL names
 * @param allowPlainText whether passwords may cross a network unencrypted
 * @param connectTimeout for a connection, its TLS handshake included
 * @param responseTimeout for one answer of a server
 * @param poolSize clients that are asked for at once, and connections kept
 * @param healthCheck how often idle connections are tried
 * @param unknownUser what becomes of a client whom the directory does not have
 * @param exactName whether a name must be written as the directory has it
 * @param attributes attributes of the user's entry that access rules are told
 * @param groups where the user's groups are
 * @param cache how long an accepted password is remembered; without it, never
 */
record LdapSettings(
        String url,
        Optional<String> userDn,
        Optional<Search> search,
        @Default("false") boolean startTls,
        Optional<Path> trust,
        @Default("true") boolean verifyHostName,
        @Default("false") boolean allowPlainText,
        @Default("2s") Duration connectTimeout,
        @Default("3s") Duration responseTimeout,
        @Default("8") int poolSize,
        @Default("30s") Duration healthCheck,
        @Default("abstain") UnknownUser unknownUser,
        @Default("true") boolean exactName,
        List<String> attributes,
        Optional<Groups> groups,
        Optional<Cache> cache) {

    /** The name under which access rules find the groups. */
    static final String GROUPS = "groups";

    /** What becomes of a client whom the directory does not have. */
    enum UnknownUser {
        /** The next authenticator is asked. */
        ABSTAIN,
        /** The client is refused. */
        REJECT
    }

    /** How deep a search goes. */
    enum Scope {
        /** The base alone. */
        BASE,
        /** What is right below the base. */
        ONE,
        /** The base and all below it. */
        SUB
    }

    /**
     * How to find a user's entry.
     *
     * @param base the DN to search below
     * @param filter with {@code {username}} in it
     * @param scope how deep
     * @param bindDn who searches; without it, the anonymous user
     * @param bindPassword the password of who searches
     * @param bindPasswordFile a file with this password in its first line
     */
    record Search(
            String base,
            @Default("(uid={username})") String filter,
            @Default("sub") Scope scope,
            Optional<String> bindDn,
            Optional<String> bindPassword,
            Optional<Path> bindPasswordFile) {
        /** Without the password. */
        @Override
        public String toString() {
            return "Search[base=" + base + ", filter=" + filter + ", scope=" + scope + ", bindDn=" + bindDn
                    + ", bindPassword=" + (bindPassword.isPresent() ? "***" : "none") + ", bindPasswordFile="
                    + bindPasswordFile + "]";
        }
    }

    /**
     * Where a user's groups are: found by a search, or named in the user's entry.
     *
     * @param base the DN to search below
     * @param filter with {@code {dn}} or {@code {username}} in it
     * @param scope how deep
     * @param memberOf the attribute of the user's entry that has the DNs of its groups
     * @param name the attribute of a group that is its name; with {@code member-of}, the one that begins its DN
     */
    record Groups(
            Optional<String> base,
            @Default("(member={dn})") String filter,
            @Default("sub") Scope scope,
            Optional<String> memberOf,
            @Default("cn") String name) {}

    /**
     * What is remembered of those who were accepted.
     *
     * @param time how long
     * @param size of how many
     */
    record Cache(
            @Default("60s") Duration time, @Default("10000") int size) {}

    /** Refuses settings that contradict each other, or are not safe. */
    LdapSettings {
        attributes = List.copyOf(attributes);
        List<String> problems = new ArrayList<>();
        check(
                userDn.isPresent() != search.isPresent(),
                "one of user-dn and search must be there, and only one",
                problems);
        userDn.ifPresent(template -> collect(() -> DnTemplate.parse(template), "user-dn: ", problems));
        search.ifPresent(s -> checkSearch(s, exactName, problems));
        groups.ifPresent(g -> checkGroups(g, problems));
        checkAddresses(url, startTls, allowPlainText, problems);
        check(positive(connectTimeout), "connect-timeout: must be 1ms to 10m", problems);
        check(positive(responseTimeout), "response-timeout: must be 1ms to 10m", problems);
        check(healthCheck.toSeconds() >= 1 && healthCheck.toDays() < 1, "health-check: must be 1s to 24h", problems);
        check(poolSize >= 1 && poolSize <= 1000, "pool-size: must be 1 to 1000", problems);
        cache.ifPresent(c -> {
            check(!c.time().isZero() && c.time().toDays() < 1, "cache.time: must be 1ms to 24h", problems);
            check(c.size() >= 1 && c.size() <= 10_000_000, "cache.size: must be 1 to 10000000", problems);
        });
        Set<String> names = new HashSet<>(Set.of(GROUPS));
        for (String attribute : attributes) {
            check(
                    attribute.matches("[A-Za-z0-9][A-Za-z0-9.;-]*"),
                    "attributes: '" + attribute + "' is no name",
                    problems);
            check(
                    names.add(attribute.toLowerCase(Locale.ROOT)),
                    "attributes: '" + attribute + "' is there twice" + " or is the name that groups have",
                    problems);
        }
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
    }

    /** The servers, in the order to ask them. */
    List<Address> addresses() {
        return Address.parse(url);
    }

    private static void checkAddresses(String url, boolean startTls, boolean allowPlainText, List<String> problems) {
        collect(
                () -> {
                    for (Address address : Address.parse(url)) {
                        check(
                                !(startTls && address.tls()),
                                "start-tls: " + address + " is encrypted from the beginning",
                                problems);
                        check(
                                address.tls() || startTls || allowPlainText || address.isLoopback(),
                                "url: passwords would go to " + address
                                        + " unencrypted; use ldaps:// or start-tls: true, or"
                                        + " write allow-plain-text: true if the network is as safe as that",
                                problems);
                    }
                },
                "url: ",
                problems);
    }

    private static void checkSearch(Search search, boolean exactName, List<String> problems) {
        collect(() -> DnTemplate.checkDn(search.base()), "search.base: ", problems);
        search.bindDn().ifPresent(dn -> collect(() -> DnTemplate.checkDn(dn), "search.bind-dn: ", problems));
        collect(
                () -> {
                    FilterTemplate filter = FilterTemplate.parse(search.filter());
                    check(filter.uses(Placeholder.USERNAME), "search.filter: has no {username}", problems);
                    check(!filter.uses(Placeholder.DN), "search.filter: {dn} is not known yet", problems);
                    check(
                            !exactName || !filter.namingAttributes().isEmpty(),
                            "search.filter: no attribute in it is compared with {username} alone, so that it cannot be"
                                    + " seen whether a name is written as the directory has it; change it, or set"
                                    + " exact-name: false",
                            problems);
                },
                "search.filter: ",
                problems);
        boolean password = search.bindPassword().isPresent();
        boolean file = search.bindPasswordFile().isPresent();
        check(!(password && file), "search: bind-password and bind-password-file are both there", problems);
        check(
                search.bindDn().isPresent() == (password || file),
                "search: bind-dn and bind-password (or bind-password-file) go together",
                problems);
        // A bind with a name and without a password is no login, but succeeds (RFC 4513, 5.1.2).
        check(search.bindPassword().filter(String::isEmpty).isEmpty(), "search.bind-password: is empty", problems);
    }

    private static void checkGroups(Groups groups, List<String> problems) {
        check(
                groups.base().isPresent() != groups.memberOf().isPresent(),
                "groups: one of base and member-of must be there, and only one",
                problems);
        groups.base().ifPresent(base -> collect(() -> DnTemplate.checkDn(base), "groups.base: ", problems));
        collect(
                () -> {
                    FilterTemplate filter = FilterTemplate.parse(groups.filter());
                    check(
                            filter.uses(Placeholder.DN) || filter.uses(Placeholder.USERNAME),
                            "groups.filter: has neither {dn} nor {username}",
                            problems);
                },
                "groups.filter: ",
                problems);
    }

    private static boolean positive(Duration time) {
        return !time.isZero() && time.toMinutes() < 10;
    }

    private static void check(boolean holds, String problem, List<String> problems) {
        if (!holds) {
            problems.add(problem);
        }
    }

    private static void collect(Runnable check, String where, List<String> problems) {
        try {
            check.run();
        } catch (IllegalArgumentException e) {
            problems.add(where + e.getMessage());
        }
    }
}
