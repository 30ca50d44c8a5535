package org.ternmq.broker.cli;

import java.util.concurrent.Callable;
import org.ternmq.broker.config.Version;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ternmq version}. */
@Command(name = "version", description = "Prints the versions of the broker, of Java, and of the SPI that plugins see.")
final class VersionCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    /** For {@code --version}. */
    static final class Provider implements IVersionProvider {
        @Override
        public String[] getVersion() {
            Version version = Version.current();
            return new String[] {"TernMQ " + version.broker() + ", Java " + Runtime.version() + ", SPI " + version.spi()
            };
        }
    }

    @Override
    public Integer call() {
        spec.commandLine().getOut().println(new Provider().getVersion()[0]);
        return 0;
    }
}
