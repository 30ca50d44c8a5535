package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.ternmq.broker.StartException.ExitCode;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.plugin.PluginDescription;
import org.ternmq.broker.plugin.PluginHost;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ternmq plugins}. */
@Command(
        name = "plugins",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description =
                "Shows the installed plugins, says what is wrong with one, or has a running broker take a new one.",
        subcommands = PluginsCommand.Reload.class)
final class PluginsCommand {
    /** {@code ternmq plugins reload}. */
    @Command(
            name = "reload",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description =
                    "Has a running broker replace an instance by a new one, of its block in the configuration as it is now and"
                            + " of the plugin that is installed now; clients stay connected.",
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:done", "1:refused, the old instance stays in force", "2:usage"})
    static final class Reload extends ApiCommand {
        @Parameters(
                paramLabel = "NAME",
                description = "The instance: the name of its block, such as authentication-file.")
        private String name = "";

        @Override
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused {
            String path = "/plugins/" + ApiOptions.escape(name) + "/reload";
            String answer = broker.ask("POST", path, "", ApiOptions.MINUTES);
            if (broker.json()) {
                out.println(answer);
                return;
            }
            Map<String, Object> done = ApiOptions.map(answer);
            out.println(LogSetup.escape(name + " reloaded: " + words(done, "words")));
            String needRestart = words(done, "needRestart");
            if (!needRestart.isEmpty()) {
                out.println(LogSetup.escape("changed too, and in force after a restart: " + needRestart));
            }
        }

        private static String words(Map<String, Object> answer, String field) {
            return answer.get(field) instanceof List<?> list
                    ? list.stream().map(String::valueOf).collect(Collectors.joining("; "))
                    : "";
        }
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the installed plugins.")
    int list() {
        Problems problems = new Problems();
        PrintWriter out = spec.commandLine().getOut();
        try (PluginHost host = PluginHost.load(Installation.find().plugins(), problems)) {
            out.printf(Locale.ROOT, "%-18s %-16s %-20s %s%n", "PLUGIN", "VERSION", "SPI", "OFFERS");
            for (PluginDescription each : host.plugins()) {
                String offers = each.problems().isEmpty()
                        ? each.offers().stream().map(Object::toString).collect(Collectors.joining(", "))
                        : "unusable: " + String.join("; ", each.problems());
                out.printf(Locale.ROOT, "%-18s %-16s %-20s %s%n", each.id(), each.version(), each.requires(), offers);
            }
        }
        problems.lines().forEach(spec.commandLine().getErr()::println);
        return problems.exitCode();
    }

    @Command(
            name = "verify",
            mixinStandardHelpOptions = true,
            description = "Checks what the broker would check of a plugin, and says what to mend.")
    int verify(@Parameters(paramLabel = "JAR|FOLDER|ZIP", description = "The plugin, installed or not.") Path path) {
        List<String> wrong = PluginHost.verify(path);
        PrintWriter out = spec.commandLine().getOut();
        if (wrong.isEmpty()) {
            out.println("ok");
            return 0;
        }
        wrong.forEach(out::println);
        return ExitCode.PLUGIN.status();
    }
}
