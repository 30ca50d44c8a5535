package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
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
        description = "Shows the installed plugins, or says what is wrong with one.")
final class PluginsCommand {
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
