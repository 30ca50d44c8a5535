package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.ternmq.broker.StartException.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What {@code pub} and {@code sub} do alike: connect, and say what went wrong. */
abstract class ClientCommand implements Callable<Integer> {
    /** Something outside: no connection, or none any more. */
    static final int FAILED = 1;

    private static final long ANSWER_SECONDS = 30;

    @Mixin
    private final ClientOptions options = new ClientOptions();

    @Option(names = "--help", usageHelp = true, description = "Shows this help and ends.")
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean help;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    /** Finds what does not go together. */
    abstract void check();

    abstract boolean reconnects();

    /** Before the connection is made. */
    abstract void prepare(ClientConnection connection);

    /** With a connection that the broker has accepted; returns the exit code. */
    abstract int work(ClientConnection connection) throws ClientException, InterruptedException;

    @Override
    public final Integer call() throws InterruptedException {
        try {
            options.check();
            check();
            ClientConnection connection = ClientConnection.of(options, reconnects());
            prepare(connection);
            int refused = await(connection.connect(), "no connection to " + options.host() + ":" + options.port());
            if (refused != 0) {
                say("the broker refused the connection: " + Codes.text(refused));
                return refused;
            }
            debug("connected");
            return work(connection);
        } catch (ClientException e) {
            say(String.valueOf(e.getMessage()));
            return FAILED;
        } catch (IllegalArgumentException e) { // a topic, a filter or a property that MQTT does not know
            say(String.valueOf(e.getMessage()));
            return ExitCode.CONFIGURATION.status();
        }
    }

    /** Waits for an answer of the broker. */
    static <T> T await(CompletableFuture<T> answer, String what) throws ClientException, InterruptedException {
        try {
            return answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw ClientException.because(what, e);
        } catch (TimeoutException e) {
            throw new ClientException(what + ": no answer within " + ANSWER_SECONDS + " s", e);
        }
    }

    final ClientOptions options() {
        return options;
    }

    final void say(String message) {
        if (!options.quiet()) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("ternmq " + spec.name() + ": " + message);
            err.flush();
        }
    }

    final void debug(String message) {
        if (options.debug()) {
            say(message);
        }
    }
}
