package org.ternmq.broker.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.Default;

/**
 * All that the broker is told. Immutable.
 *
 * @param eventLoops threads that serve connections; 0 for one per core
 * @param data the data folder, if the configuration names one
 * @param listeners at least one
 * @param storage where sessions and messages are kept
 * @param authentication who may come in
 * @param authorization who may do what
 * @param bridges clients inside the broker, each with a name
 * @param events plugins that are told what happened
 * @param interceptors plugins that see every PUBLISH, in order
 * @param limits what one client may ask of the broker
 * @param guard what holds off guessing, floods and fights over client identifiers
 * @param sys the figures under {@code $SYS}
 * @param health what is done about threads that do not go on
 * @param protocol where MQTT leaves the choice to the server
 * @param admin the interface for operators, if there is to be one
 * @param place the whole configuration
 */
public record BrokerConfig(
        @Default("0") @Rules.Range(max = 1024) int eventLoops,
        Optional<Path> data,
        List<ListenerConfig> listeners,
        @Default("{}") StorageConfig storage,
        @Default("{}") AuthenticationConfig authentication,
        @Default("{}") AuthorizationConfig authorization,
        List<PluginBlock> bridges,
        List<PluginBlock> events,
        List<PluginBlock> interceptors,
        @Default("{}") Limits limits,
        @Default("{}") GuardConfig guard,
        @Default("{}") SysConfig sys,
        @Default("{}") HealthConfig health,
        @Default("{}") ProtocolConfig protocol,
        Optional<AdminConfig> admin,
        Place place) {

    /**
     * Binds and checks a configuration. Returns one also if something is wrong with it, so that the plugins it names can be
     * looked for too; it must not be used unless the problems are empty.
     *
     * @param source what was written
     * @param problems takes what is wrong
     */
    public static BrokerConfig load(ConfigSource source, Problems problems) {
        BrokerConfig bound =
                new RecordBinder(source.base(), problems).bind(source.place(), BrokerConfig.class, Set.of());
        if (bound == null) {
            throw new IllegalStateException("every key of the whole configuration has a default");
        }
        BrokerConfig named = new InstanceNames(problems).give(bound);
        new Checks(problems).check(named);
        return named;
    }

    /**
     * Binds and checks a text; relative paths are relative to the working folder, and there are no variables.
     *
     * @throws org.ternmq.spi.ConfigurationException if something is wrong with it
     */
    public static BrokerConfig parse(String yaml) {
        Problems problems = new Problems();
        ConfigSource source = ConfigSource.of("text", yaml, Path.of(""), List.of(), Map.of(), problems);
        BrokerConfig config = load(source, problems);
        problems.throwIfAny();
        return config;
    }

    /**
     * Whether clients without credentials come in: what is written, else only if nobody could check them and only this
     * machine can reach any listener.
     */
    public boolean allowAnonymous() {
        return authentication
                .allowAnonymous()
                .orElseGet(() -> authentication.use().isEmpty()
                        && listeners.stream().noneMatch(ListenerConfig::isReachableFromElsewhere));
    }

    /** What holds when no authorizer speaks: what is written, else DENY if there is an authorizer and ALLOW if not. */
    public Decision authorizationDefault() {
        return authorization
                .byDefault()
                .map(AuthorizationConfig.ByDefault::decision)
                .orElse(authorization.use().isEmpty() ? Decision.ALLOW : Decision.DENY);
    }

    /** Every block that asks for a plugin. */
    public List<PluginBlock> plugins() {
        List<PluginBlock> all = new ArrayList<>();
        all.add(storage.plugin());
        Stream.of(authentication.use(), authorization.use(), bridges, events, interceptors)
                .forEach(all::addAll);
        admin.ifPresent(block -> all.add(block.plugin()));
        return all;
    }
}
