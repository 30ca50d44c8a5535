package org.ternmq.broker.control;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.ternmq.broker.config.AdminConfig;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.plugin.InstanceContext;
import org.ternmq.broker.plugin.PluginDescription;
import org.ternmq.broker.plugin.PluginKind;
import org.ternmq.spi.control.PluginView;

/** What operators see of the plugins and of what the configuration made of them. Safe for use by all threads. */
final class PluginViews {
    private final Parts parts;

    PluginViews(Parts parts) {
        this.parts = parts;
    }

    /** A block and what may be made of it. */
    private record Configured(PluginKind kind, PluginBlock block) {}

    private List<Configured> configured() {
        BrokerConfig config = parts.config();
        List<Configured> all = new ArrayList<>();
        all.add(new Configured(PluginKind.STORAGE, config.storage().plugin()));
        for (PluginBlock block : config.authentication().use()) {
            all.add(new Configured(PluginKind.AUTHENTICATOR, block));
            all.add(new Configured(PluginKind.ENHANCED_AUTHENTICATOR, block));
        }
        config.authorization().use().forEach(b -> all.add(new Configured(PluginKind.AUTHORIZER, b)));
        config.bridges().forEach(b -> all.add(new Configured(PluginKind.BRIDGE, b)));
        config.events().forEach(b -> all.add(new Configured(PluginKind.EVENT_LISTENER, b)));
        config.interceptors().forEach(b -> all.add(new Configured(PluginKind.INTERCEPTOR, b)));
        config.admin().map(AdminConfig::plugin).ifPresent(b -> all.add(new Configured(PluginKind.ADMIN, b)));
        return all;
    }

    List<PluginView> all() {
        Map<String, Long> failedTasks = parts.contexts().get().stream()
                .collect(Collectors.toMap(InstanceContext::name, InstanceContext::failedTasks, Long::sum));
        List<Configured> configured = configured();
        return parts.plugins().plugins().stream()
                .map(plugin -> view(plugin, configured, failedTasks))
                .sorted(Comparator.comparing(PluginView::id))
                .toList();
    }

    private static PluginView view(
            PluginDescription plugin, List<Configured> configured, Map<String, Long> failedTasks) {
        List<PluginView.Instance> instances = configured.stream()
                .filter(c -> plugin.offers()
                        .contains(
                                new PluginDescription.Offer(c.kind(), c.block().type())))
                .map(c -> new PluginView.Instance(
                        c.block().name(),
                        c.kind().toString(),
                        c.block().type(),
                        failedTasks.getOrDefault(c.block().name(), 0L)))
                .toList();
        return new PluginView(
                plugin.id(),
                plugin.version(),
                plugin.requires(),
                plugin.jar().map(jar -> String.valueOf(jar.getFileName())).orElse(""),
                plugin.offers().stream().map(PluginDescription.Offer::toString).toList(),
                plugin.problems(),
                instances);
    }

    /** What a block is bound to, as far as its plugin says. */
    Optional<Class<? extends Record>> settings(PluginBlock block) {
        return configured().stream()
                .filter(c -> c.block().name().equals(block.name()))
                .flatMap(c -> parts.plugins().find(c.kind().factory(), block.type()).stream())
                .flatMap(factory -> factory.settings().stream())
                .findFirst();
    }
}
