package org.ternmq.broker.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Gives every plugin's instance a name and a folder of its own. Used once, by the thread that loads the configuration. */
final class InstanceNames {
    private final Problems problems;
    /** Names and folders given out, in lower case for file systems that know no other, and where they were written. */
    private final Map<String, String> taken = new HashMap<>();

    InstanceNames(Problems problems) {
        this.problems = problems;
    }

    /** The same configuration with unique names. */
    BrokerConfig give(BrokerConfig c) {
        c.plugins().forEach(this::takeWritten);
        StorageConfig s = c.storage();
        AuthenticationConfig n = c.authentication();
        AuthorizationConfig z = c.authorization();
        PluginBlock store = name("storage", List.of(s.plugin())).get(0);
        for (PluginBlock bridge : c.bridges()) {
            // What waits for a bridge waits under its name: a position will not do.
            if (!bridge.place().has("name")) {
                problems.configuration(
                        bridge.place().origin(), bridge.place().at("name").path(), "missing");
            }
            PluginBlock.text(bridge.place(), "user", problems);
        }
        return new BrokerConfig(
                c.eventLoops(),
                c.data(),
                c.listeners(),
                new StorageConfig(store, s.durability(), s.onCorrupt(), s.minFree(), s.diskCheck(), s.place()),
                new AuthenticationConfig(
                        n.allowAnonymous(), n.timeout(), n.clientId(), name("authentication", n.use()), n.place()),
                new AuthorizationConfig(z.byDefault(), name("authorization", z.use()), z.place()),
                name("bridge", c.bridges()).stream()
                        .map(bridge -> bridge.claiming("user"))
                        .toList(),
                name("event", c.events()),
                name("interceptor", c.interceptors()),
                c.limits(),
                c.guard(),
                c.sys(),
                c.health(),
                c.protocol(),
                c.admin()
                        .map(a -> new AdminConfig(
                                name("admin", List.of(a.plugin())).get(0), a.place())),
                c.place());
    }

    private void takeWritten(PluginBlock block) {
        block.writtenName().ifPresent(name -> {
            Place at = block.place().at("name");
            String first = taken.putIfAbsent(name.toLowerCase(Locale.ROOT), at.path());
            if (first != null) {
                problems.configuration(at, "the name '" + name + "' is already that of " + first);
            }
        });
    }

    private List<PluginBlock> name(String section, List<PluginBlock> blocks) {
        List<PluginBlock> named = new ArrayList<>();
        for (PluginBlock block : blocks) {
            String written = block.writtenName().orElse(null);
            if (written != null) {
                String folder = section + "-" + written;
                taken.putIfAbsent(folder.toLowerCase(Locale.ROOT), block.place().path());
                named.add(block.named(written, folder));
            }
        }
        // Behind the written ones, so that these keep the folders that their names say.
        for (int i = 0; i < blocks.size(); i++) {
            PluginBlock block = blocks.get(i);
            if (block.writtenName().isEmpty()) {
                String free = free(section + "-" + block.type(), block.place().path());
                named.add(i, block.named(free, free));
            }
        }
        return List.copyOf(named);
    }

    private String free(String wish, String path) {
        String name = wish;
        for (int n = 2; taken.putIfAbsent(name.toLowerCase(Locale.ROOT), path) != null; n++) {
            name = wish + "-" + n;
        }
        return name;
    }
}
