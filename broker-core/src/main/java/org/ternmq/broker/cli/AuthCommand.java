package org.ternmq.broker.cli;

import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.StartException.ExitCode;
import org.ternmq.broker.config.BrokerConfig;
import org.ternmq.broker.config.PluginBlock;
import org.ternmq.broker.config.Problems;
import org.ternmq.broker.plugin.InstanceContext;
import org.ternmq.broker.plugin.PluginHost;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.broker.security.ConnectCredentials;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.AuthResult.Accepted;
import org.ternmq.spi.AuthResult.Rejected;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.AuthenticatorFactory;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.Credentials;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ternmq auth}. */
@Command(
        name = "auth",
        mixinStandardHelpOptions = true,
        description = "Tries who would be let in.",
        subcommands = AuthCommand.Test.class)
final class AuthCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: auth test USER");
    }

    /** {@code ternmq auth test}: asks the authenticators of a configuration as a broker would, and prints each step. */
    @Command(
            name = "test",
            mixinStandardHelpOptions = true,
            description =
                    "Asks the authenticators of the configuration for a user, as the broker would, and prints every step."
                            + " Needs no running broker.",
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:accepted", "1:rejected", "2:configuration or usage", "3:plugin"})
    static final class Test implements Callable<Integer> {
        private static final int REJECTED = 1;

        @Parameters(index = "0", paramLabel = "USER", description = "The user's name.")
        @SuppressWarnings("NullAway.Init") // set by picocli
        private String user;

        @Option(
                names = "--password-stdin",
                description = "Takes the password from the first line of the standard input.")
        private boolean passwordStdin;

        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private ConfigOptions config;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            Installation installation = Installation.find();
            Problems problems = new Problems();
            Installation.Loaded loaded = config.load(installation, problems);
            try (PluginHost plugins = loaded.plugins()) {
                if (!problems.isEmpty()) {
                    problems.lines().forEach(err()::println);
                    return problems.exitCode();
                }
                byte[] password = password();
                if (password == null) {
                    return ExitCode.CONFIGURATION.status();
                }
                try {
                    return ask(loaded.config(), plugins, installation.data(null, loaded.config()), password);
                } finally {
                    Arrays.fill(password, (byte) 0);
                }
            }
        }

        private PrintWriter err() {
            return spec.commandLine().getErr();
        }

        private PrintWriter out() {
            return spec.commandLine().getOut();
        }

        private int ask(BrokerConfig broker, PluginHost plugins, Path data, byte[] password) {
            for (PluginBlock block : broker.authentication().use()) {
                Optional<AuthenticatorFactory> factory = plugins.find(AuthenticatorFactory.class, block.type());
                if (factory.isEmpty()) {
                    out().println(block.name() + ": is asked by AUTH packets only, which is not tried here");
                    continue;
                }
                out().println(block.name() + ":");
                AuthResult result;
                try (InstanceContext context =
                                plugins.contextFor(block, factory.get(), data.toAbsolutePath(), Clock.systemUTC());
                        Authenticator authenticator = PluginHost.callIn(
                                PluginHost.loaderOf(factory.get()),
                                () -> factory.get().create(context))) {
                    result = judge(
                            authenticator,
                            credentials(password),
                            broker.authentication().timeout().toNanos());
                } catch (ConfigurationException e) {
                    e.problems().forEach(err()::println);
                    return ExitCode.CONFIGURATION.status();
                } catch (Exception | LinkageError e) {
                    say("failed: " + (e.getMessage() == null ? e : e.getMessage()));
                    out().println("rejected: the broker would answer 0x88 Server unavailable and ask nobody else");
                    return REJECTED;
                }
                Optional<Integer> decided = verdict(result);
                if (decided.isPresent()) {
                    return decided.get();
                }
            }
            out().println("rejected: no authenticator knows this user");
            return REJECTED;
        }

        private void say(String step) {
            out().println("  " + step);
            out().flush();
        }

        private Optional<Integer> verdict(AuthResult result) {
            if (result instanceof Accepted accepted) {
                new TreeMap<>(accepted.attributes())
                        .forEach((name, value) -> say("told to access rules: " + name + "="
                                + String.join(", ", value.lines().toList())));
                out().println("accepted");
                return Optional.of(0);
            }
            if (result instanceof Rejected rejected) {
                out().println("rejected: " + rejected.detail());
                return Optional.of(REJECTED);
            }
            say("not its user");
            return Optional.empty();
        }

        private Credentials credentials(byte[] password) {
            return new ConnectCredentials(
                    "ternmq-auth-test",
                    user,
                    password.clone(),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    "ternmq auth test",
                    null,
                    null,
                    MqttVersion.V5_0);
        }

        /** Under the time limit that the broker has. */
        private AuthResult judge(Authenticator authenticator, Credentials shown, long timeoutNanos) throws Exception {
            ExecutorService worker = Executors.newSingleThreadExecutor(task -> {
                Thread thread = new Thread(task, "auth-test");
                thread.setDaemon(true);
                return thread;
            });
            try {
                Consumer<String> trace = this::say;
                Future<AuthResult> answer = worker.submit(() -> PluginHost.callIn(
                        PluginHost.loaderOf(authenticator), () -> authenticator.authenticate(shown, trace)));
                AuthResult result = answer.get(timeoutNanos, TimeUnit.NANOSECONDS);
                if (result == null) {
                    throw new IllegalStateException("answered null");
                }
                return result;
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            } catch (TimeoutException e) {
                throw new TimeoutException("did not answer within authentication.timeout");
            } finally {
                worker.shutdownNow();
            }
        }

        private byte @Nullable [] password() throws IOException {
            if (passwordStdin) {
                String line = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
                return (line == null ? "" : line).getBytes(StandardCharsets.UTF_8);
            }
            Console console = terminal();
            char[] typed = console == null ? null : console.readPassword("Password for %s: ", user);
            if (typed == null) {
                err().println("no terminal to ask for the password: use --password-stdin");
                return null;
            }
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(CharBuffer.wrap(typed));
            Arrays.fill(typed, '\0');
            byte[] password = new byte[bytes.remaining()];
            bytes.get(password).clear();
            while (bytes.hasRemaining()) {
                bytes.put((byte) 0);
            }
            return password;
        }

        @SuppressWarnings("SystemConsoleNull") // null without a terminal up to Java 21; later readPassword answers null
        private static @Nullable Console terminal() {
            return System.console();
        }
    }
}
