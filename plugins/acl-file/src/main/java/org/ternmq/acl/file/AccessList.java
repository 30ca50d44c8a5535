package org.ternmq.acl.file;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.ClientInfo;

/** What a file says: who gets which rules. Immutable. */
interface AccessList {
    /** The rules of one client. */
    AccessRules rulesFor(ClientInfo client);

    /**
     * A file of our own.
     *
     * @param users by user name
     * @param groups where the groups of a client are, if the file speaks of groups
     * @param anonymous for clients without user name
     * @param everyone for all clients
     */
    record Roles(
            Map<String, List<RuleSet>> users, Optional<Groups> groups, List<RuleSet> anonymous, List<RuleSet> everyone)
            implements AccessList {
        @Override
        public AccessRules rulesFor(ClientInfo client) {
            Set<RuleSet> sets = Collections.newSetFromMap(new IdentityHashMap<>());
            sets.addAll(everyone);
            sets.addAll(client.username()
                    .map(name -> users.getOrDefault(name, List.of()))
                    .orElse(anonymous));
            groups.ifPresent(g -> sets.addAll(g.of(client)));
            return ClientRules.of(client, sets, false);
        }
    }

    /**
     * Groups that an authenticator told.
     *
     * @param attribute the attribute of the client that has them
     * @param separator what stands between two of them; empty if there is one at most
     * @param rules by group
     */
    record Groups(String attribute, String separator, Map<String, List<RuleSet>> rules) {
        List<RuleSet> of(ClientInfo client) {
            String value = client.attributes().getOrDefault(attribute, "");
            String[] names = separator.isEmpty() ? new String[] {value} : value.split(Pattern.quote(separator), -1);
            return Stream.of(names)
                    .distinct()
                    .flatMap(name -> rules.getOrDefault(name.strip(), List.of()).stream())
                    .toList();
        }
    }

    /**
     * A file of Mosquitto.
     *
     * @param users by user name
     * @param anonymous what stands before the first user, for clients without user name
     * @param patterns for all clients
     * @param denyingPatterns those of them that deny: what is left of them for a client with a name that holds a wildcard
     *     or a slash
     */
    record Mosquitto(Map<String, RuleSet> users, RuleSet anonymous, RuleSet patterns, RuleSet denyingPatterns)
            implements AccessList {
        private static final RuleSet NOTHING = new RuleSet(List.of());

        @Override
        public AccessRules rulesFor(ClientInfo client) {
            RuleSet own = client.username()
                    .map(name -> users.getOrDefault(name, NOTHING))
                    .orElse(anonymous);
            boolean fit = Template.isFit(client.clientId())
                    && client.username().map(Template::isFit).orElse(true);
            return ClientRules.of(client, Set.of(own, fit ? patterns : denyingPatterns), true);
        }
    }
}
