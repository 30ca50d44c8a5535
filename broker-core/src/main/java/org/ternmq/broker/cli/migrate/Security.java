package org.ternmq.broker.cli.migrate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ternmq.broker.cli.migrate.Listeners.Migrated;
import org.ternmq.broker.cli.migrate.YamlWriter.Word;

/**
 * Who may come in, and do what. Here that holds for all listeners; where those of Mosquitto differ, the strictest holds, and what
 * cannot be made strict enough is left out. Used once.
 */
final class Security {
    private static final String ONE_BROKER =
            "users and rules are those of the broker, not of a listener: run a second broker for it, or bring the files together";

    private final MosquittoConf conf;
    private final InputFiles files;
    private final OutputFolder out;
    private final MigrationReport report;
    private final Listeners listeners;

    Security(MosquittoConf conf, InputFiles files, OutputFolder out, MigrationReport report, Listeners listeners) {
        this.conf = conf;
        this.files = files;
        this.out = out;
        this.report = report;
        this.listeners = listeners;
    }

    /** Adds the blocks {@code authentication} and {@code authorization}, and writes their files. */
    void migrate(Map<String, Object> yaml) throws IOException {
        boolean plugin = hasPlugin();
        if (conf.isPerListener()) {
            leaveOutWhoDiffers("password_file");
            leaveOutWhoDiffers("acl_file");
            leaveOutClosed(plugin);
        }
        boolean anonymous = !plugin && allowAnonymous();
        Map<String, Object> authentication = new LinkedHashMap<>();
        authentication.put("allow-anonymous", anonymous);
        List<Object> use = new ArrayList<>();
        Optional<Directive> passwords = theOne("password_file");
        if (passwords.isPresent()) {
            use.add(users(passwords.get()));
        }
        userNamesAsClientIds(authentication);
        if (!use.isEmpty()) {
            authentication.put("use", use);
        }
        yaml.put("authentication", authentication);
        Optional<Directive> acl = theOne("acl_file");
        if (acl.isPresent()) {
            yaml.put("authorization", acl(acl.get()));
        } else if (plugin) {
            yaml.put("authorization", Map.of("default", new Word("deny")));
            report.note("a plugin decided who may do what: authorization.default is deny until you write rules");
        }
        boolean nobody =
                !anonymous && use.isEmpty() && listeners.kept().stream().noneMatch(Migrated::certified);
        if (nobody) {
            report.note(
                    "nobody can come in: allow-anonymous is false and there are no users. Mosquitto would refuse everybody too"
                            + (plugin ? ", but for those whom its plugin knows" : ""));
        }
    }

    private boolean hasPlugin() {
        boolean found = false;
        for (Directive line : conf.all().toList()) {
            if (List.of("auth_plugin", "plugin", "global_plugin", "plugin_load", "plugin_use")
                    .contains(line.key())) {
                found = true;
                boolean dynamic = line.value().contains("dynamic_security")
                        || line.value().contains("dynsec");
                report.add(
                        line,
                        Outcome.NO_EQUIVALENT,
                        dynamic
                                ? "dynamic security: its users and roles are in a JSON file, which is not read. Make the users with 'ternmq"
                                        + " passwd', write the roles in an ACL file (format: yaml, which has roles and groups). Until then"
                                        + " anonymous clients are refused and nothing is allowed that no acl_file allows"
                                : "plugins of Mosquitto do not load here: authenticators are file, ldap, jwt, http and scram. Until one is"
                                        + " named, anonymous clients are refused and nothing is allowed that no acl_file allows");
            }
        }
        return found;
    }

    private Section sectionOf(Migrated listener) {
        return conf.isPerListener() ? listener.part().section() : conf.general();
    }

    /** The line that names the file, of the first listener that has one, or of the whole broker. */
    private Optional<Directive> theOne(String key) {
        if (!conf.isPerListener()) {
            return conf.general().last(key);
        }
        return listeners.kept().stream()
                .flatMap(l -> sectionOf(l).last(key).stream())
                .findFirst();
    }

    private void leaveOutWhoDiffers(String key) {
        Optional<Directive> first = theOne(key);
        for (Migrated listener : List.copyOf(listeners.kept())) {
            Optional<Directive> own = sectionOf(listener).last(key);
            if (first.isEmpty()) {
                return;
            }
            if (own.isEmpty()) {
                report.note("the listener " + listener.name() + " had no " + key + "; that of line "
                        + first.get().line() + " of " + first.get().file() + " holds for it too");
            } else if (!files.resolve(own.get().value())
                    .equals(files.resolve(first.get().value()))) {
                report.add(own.get(), Outcome.REFUSED, "another listener has another " + key + "; " + ONE_BROKER);
                listeners.leaveOut(listener, "it has a " + key + " of its own; " + ONE_BROKER);
            }
        }
    }

    /** A listener through which nobody came in must not be opened by the users of another. */
    private void leaveOutClosed(boolean plugin) {
        for (Migrated listener : List.copyOf(listeners.kept())) {
            boolean open = isAnonymous(listener) || sectionOf(listener).has("password_file") || listener.certified();
            if (!open && theOne("password_file").isPresent()) {
                listeners.leaveOut(
                        listener,
                        plugin
                                ? "only a plugin of Mosquitto knew its users"
                                : "it has neither users nor allow_anonymous, so that nobody could come in by it");
            }
        }
    }

    private boolean isAnonymous(Migrated listener) {
        boolean otherwise = conf.isLocalOnly();
        boolean general = sectionOf(listener).flag("allow_anonymous", otherwise, false);
        return listener.part().section().flag("listener_allow_anonymous", general, false);
    }

    private boolean allowAnonymous() {
        List<Migrated> asked =
                listeners.kept().stream().filter(l -> !l.certified()).toList();
        boolean all = !asked.isEmpty() && asked.stream().allMatch(this::isAnonymous);
        for (Directive line :
                conf.all().filter(l -> l.key().endsWith("allow_anonymous")).toList()) {
            if (report.has(line)) {
                continue;
            }
            boolean allows = line.value().matches("true|1");
            if (allows && !all) {
                report.add(
                        line,
                        Outcome.REFUSED,
                        "authentication.allow-anonymous holds for all listeners, and another one"
                                + " does not let everybody in: give the clients users");
            } else if (line.value().matches("true|1|false|0")) {
                report.add(line, Outcome.TAKEN_OVER, "authentication.allow-anonymous: " + all);
            } else {
                report.add(line, Outcome.REFUSED, "is neither true nor false");
            }
        }
        return all;
    }

    private Map<String, Object> users(Directive line) throws IOException {
        String text;
        try {
            text = UsersFile.copy(files.resolve(line.value()), report);
            sayOfAll("password_file", line, "authentication.use[0]: {type: file, path: users}");
        } catch (IOException e) {
            text = "";
            report.add(line, Outcome.REFUSED, "cannot be used, so that there are no users: " + e.getMessage());
            report.problem("users is empty, since the password_file cannot be used: " + e.getMessage());
        }
        out.write("users", text);
        return block("file", "users");
    }

    private Map<String, Object> acl(Directive line) throws IOException {
        String text;
        try {
            text = AclFile.copy(files.resolve(line.value()), report);
            sayOfAll("acl_file", line, "authorization.use[0]: {type: file, path: acl, format: mosquitto}");
        } catch (IOException e) {
            text = "";
            report.add(line, Outcome.REFUSED, "cannot be used, so that everything is denied: " + e.getMessage());
            report.problem("acl is empty, since the acl_file cannot be used: " + e.getMessage());
        }
        out.write("acl", text);
        Map<String, Object> block = block("file", "acl");
        block.put("format", new Word("mosquitto"));
        Map<String, Object> authorization = new LinkedHashMap<>();
        authorization.put("default", new Word("deny"));
        authorization.put("use", List.of(block));
        report.note(
                "with access rules, a SUBSCRIBE that no rule lets through is refused; Mosquitto accepts it and sends nothing");
        return authorization;
    }

    private static Map<String, Object> block(String type, String path) {
        Map<String, Object> block = new LinkedHashMap<>();
        block.put("type", new Word(type));
        block.put("path", path);
        return block;
    }

    private void sayOfAll(String key, Directive one, String words) {
        conf.all()
                .filter(l -> l.key().equals(key) && l.value().equals(one.value()) && !report.has(l))
                .forEach(l -> report.add(l, Outcome.TAKEN_OVER, words));
    }

    private void userNamesAsClientIds(Map<String, Object> authentication) {
        boolean any = false;
        for (Migrated listener : listeners.kept()) {
            boolean set = listener.part().section().flag("use_username_as_clientid", false, true);
            any |= set;
            listener.part()
                    .section()
                    .taken(
                            "use_username_as_clientid",
                            set
                                    ? "authentication.client-id: equals-user, for all listeners: clients whose identifier is another one are refused"
                                    : "authentication.client-id");
        }
        if (any) {
            authentication.put("client-id", new Word("equals-user"));
        }
    }
}
