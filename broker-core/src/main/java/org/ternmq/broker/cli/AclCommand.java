package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.StartException.ExitCode;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.plugin.InstanceContext;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.broker.routing.SharedFilter;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.AuthorizerFactory;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.ExplainedAccessRules;
import org.ternmq.spi.QoS;
import org.ternmq.spi.RulesChanged;
import org.ternmq.spi.TopicFilter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ternmq acl}. */
@Command(
        name = "acl",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Says what clients may do, and why.")
final class AclCommand {
    /** What is asked about. */
    enum Action {
        /** May the client publish to the topic? */
        PUBLISH,
        /** May it subscribe to the filter? */
        SUBSCRIBE,
        /** May it be sent a message of the topic? */
        RECEIVE
    }

    /** The request. */
    private record Question(Action action, String topic, QoS qos, boolean retain) {
        /** The filter, without what is in front of it in a shared subscription, as authorizers are asked. */
        TopicFilter filter() {
            return SharedFilter.parse(topic).filter();
        }

        Decision ask(AccessRules rules) {
            return switch (action) {
                case PUBLISH -> rules.publish(topic, qos, retain);
                case SUBSCRIBE -> rules.subscribe(filter(), qos);
                case RECEIVE -> rules.checksDeliveries() ? rules.receive(topic, qos) : Decision.ABSTAIN;
            };
        }

        String why(AccessRules rules) {
            if (action == Action.RECEIVE && !rules.checksDeliveries()) {
                return "messages are not checked on their way to this client; what it may subscribe to decides";
            }
            if (!(rules instanceof ExplainedAccessRules explained)) {
                return "this authorizer cannot say why";
            }
            return switch (action) {
                case PUBLISH -> explained.whyPublish(topic, qos, retain);
                case SUBSCRIBE -> explained.whySubscribe(filter(), qos);
                case RECEIVE -> explained.whyReceive(topic, qos);
            };
        }
    }

    /** The client that is asked about. */
    private record AskedClient(
            String clientId,
            Optional<String> username,
            Map<String, String> attributes,
            String listener,
            int protocolVersion)
            implements ClientInfo {
        @Override
        public InetSocketAddress remoteAddress() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        }

        @Override
        public Optional<X509Certificate> peerCertificate() {
            return Optional.empty();
        }
    }

    /** Nobody is connected here who would have to know. */
    private static final class NobodyToTell implements RulesChanged {
        @Override
        public void forEveryone() {}

        @Override
        public void forClient(String clientId) {}
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Command(
            name = "explain",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description =
                    "Asks the configured authorizers about one request of one client, and says which rule decides. The"
                            + " broker need not run; what is not yet reloaded in a running one is not seen.",
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:allowed", "1:denied", "2:configuration or usage", "3:plugin"})
    int explain(
            @Mixin ConfigOptions config,
            @Option(names = "--user", paramLabel = "NAME", description = "The user; none: an anonymous client.")
                    @Nullable
                    String user,
            @Option(
                            names = "--client",
                            paramLabel = "ID",
                            defaultValue = "client",
                            description = "The client identifier (default: ${DEFAULT-VALUE}).")
                    String clientId,
            @Option(
                            names = "--attribute",
                            paramLabel = "NAME=VALUE",
                            description = "What an authenticator would tell, such as groups=ops; may be repeated.")
                    @Nullable
                    Map<String, String> attributes,
            @Option(
                            names = "--qos",
                            paramLabel = "N",
                            defaultValue = "0",
                            description = "0, 1 or 2 (default: ${DEFAULT-VALUE}).")
                    int qos,
            @Option(names = "--retain", description = "The message is to be retained.") boolean retain,
            @Parameters(paramLabel = "ACTION", description = "publish, subscribe or receive.") String action,
            @Parameters(paramLabel = "TOPIC", description = "The topic, or the topic filter to subscribe to.")
                    String topic) {
        Question question = question(action, topic, qos, retain);
        Problems problems = new Problems();
        Installation installation = Installation.find();
        Installation.Loaded loaded = config.load(installation, problems);
        try (PluginHost plugins = loaded.plugins()) {
            if (!problems.isEmpty()) {
                problems.lines().forEach(spec.commandLine().getErr()::println);
                return problems.exitCode();
            }
            String known = user;
            if (user != null && loaded.config().authentication().use().isEmpty()) {
                spec.commandLine()
                        .getOut()
                        .println("no authenticator is configured, so that a user name counts for nothing");
                known = null;
            }
            String listener = loaded.config().listeners().get(0).name();
            ClientInfo client = new AskedClient(
                    clientId, Optional.ofNullable(known), attributes == null ? Map.of() : attributes, listener, 5);
            return explain(question, client, loaded.config(), plugins, installation.data(null, loaded.config()));
        }
    }

    private Question question(String action, String topic, int qos, boolean retain) {
        try {
            Question question =
                    new Question(Action.valueOf(action.toUpperCase(Locale.ROOT)), topic, QoS.of(qos), retain);
            boolean wildcard = TopicFilter.parse(topic).hasWildcard();
            if (question.action() == Action.SUBSCRIBE) {
                question.filter();
            } else if (wildcard) {
                throw new IllegalArgumentException("a topic to " + action + " has no wildcards: " + topic);
            }
            return question;
        } catch (IllegalArgumentException e) {
            String message = e.getMessage() != null && e.getMessage().startsWith("No enum constant")
                    ? "expected publish, subscribe or receive, found '" + action + "'"
                    : String.valueOf(e.getMessage());
            throw new CommandLine.ParameterException(spec.commandLine(), message);
        }
    }

    private int explain(Question question, ClientInfo client, BrokerConfig config, PluginHost plugins, Path data) {
        PrintWriter out = spec.commandLine().getOut();
        if (question.action() == Action.PUBLISH && question.topic().startsWith("$")) {
            out.println("denied: topics that start with $ are the broker's own");
            return 1;
        }
        List<PluginBlock> blocks = config.authorization().use();
        for (PluginBlock block : blocks) {
            Decision decision;
            try {
                decision = ask(question, client, block, plugins, data);
            } catch (ConfigurationException e) {
                e.problems().forEach(spec.commandLine().getErr()::println);
                return ExitCode.CONFIGURATION.status();
            } catch (Exception | LinkageError e) {
                spec.commandLine().getErr().println(block.name() + " failed, which refuses the client: " + e);
                return ExitCode.PLUGIN.status();
            }
            if (decision != Decision.ABSTAIN) {
                out.println(decision == Decision.ALLOW ? "allowed" : "denied");
                return decision == Decision.ALLOW ? 0 : 1;
            }
        }
        boolean allowed = question.action() == Action.RECEIVE || config.authorizationDefault() == Decision.ALLOW;
        String decides = question.action() == Action.RECEIVE
                ? "no authorizer holds it back"
                : (blocks.isEmpty() ? "there is no authorizer" : "no authorizer decides")
                        + ", and authorization.default is "
                        + config.authorizationDefault().name().toLowerCase(Locale.ROOT);
        out.println((allowed ? "allowed: " : "denied: ") + decides);
        return allowed ? 0 : 1;
    }

    /** Asks one authorizer, and prints what it says. */
    private Decision ask(Question question, ClientInfo client, PluginBlock block, PluginHost plugins, Path data)
            throws Exception {
        AuthorizerFactory factory =
                plugins.find(AuthorizerFactory.class, block.type()).orElseThrow();
        try (InstanceContext context = plugins.contextFor(block, factory, data, Clock.systemUTC())) {
            return PluginHost.callIn(PluginHost.loaderOf(factory), () -> {
                try (Authorizer authorizer = factory.create(context, new NobodyToTell())) {
                    AccessRules rules = authorizer.rulesFor(client);
                    Decision decision = question.ask(rules);
                    PrintWriter out = spec.commandLine().getOut();
                    String verdict = decision.name().toLowerCase(Locale.ROOT);
                    out.println(block.name() + ": " + verdict + ": "
                            + question.why(rules).replace("\n", "\n  "));
                    return decision;
                }
            });
        }
    }
}
