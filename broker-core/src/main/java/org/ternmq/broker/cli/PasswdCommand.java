package org.ternmq.broker.cli;

import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.StartException.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ternmq passwd}. */
@Command(
        name = "passwd",
        mixinStandardHelpOptions = true,
        description =
                "Adds, changes or removes a user of the authenticator 'file', or of 'scram'. The file is made if it is not"
                        + " there. A running broker re-reads it on SIGHUP.")
final class PasswdCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FILE", description = "The file of users.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path file;

    @Parameters(index = "1", paramLabel = "USER", description = "The user's name.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String user;

    @Option(names = "--delete", description = "Removes the user.")
    private boolean delete;

    @Option(names = "--password-stdin", description = "Takes the password from the first line of the standard input.")
    private boolean passwordStdin;

    @Option(names = "--scram", description = "The file is one of the authenticator 'scram'.")
    private boolean scram;

    @Option(
            names = "--mechanism",
            paramLabel = "NAME",
            description = "With --scram: SCRAM-SHA-256 or SCRAM-SHA-512, as the file's authenticator has it. Default:"
                    + " SCRAM-SHA-256.")
    private Optional<String> mechanism = Optional.empty();

    @Option(
            names = "--iterations",
            paramLabel = "N",
            description =
                    "With --scram: what a client has to compute at each login, 10000 to 10000000. Default: 100000;"
                            + " fewer suit small devices.")
    private Optional<Integer> iterations = Optional.empty();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PasswordFile users = new PasswordFile(file);
        try {
            if (!scram && (mechanism.isPresent() || iterations.isPresent())) {
                return fail("--mechanism and --iterations are for --scram");
            }
            ScramHash hash = new ScramHash(
                    mechanism.orElse(ScramHash.DEFAULT_MECHANISM), iterations.orElse(ScramHash.DEFAULT_ITERATIONS));
            String name = scram ? ScramHash.prepareName(user) : user;
            PasswordFile.checkName(name);
            if (delete) {
                if (!users.delete(name)) {
                    return fail("there is no user '" + name + "' in " + file);
                }
                out.println("user '" + name + "' removed");
                return 0;
            }
            char[] password = passwordStdin ? readStandardInput() : readConsole();
            if (password == null) {
                return ExitCode.CONFIGURATION.status();
            }
            boolean added = scram ? users.put(name, hash.of(password)) : users.put(name, password);
            out.println("user '" + name + "' " + (added ? "added" : "changed"));
            return 0;
        } catch (IllegalArgumentException e) {
            return fail(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return fail(file + ": " + e);
        }
    }

    private int fail(String message) {
        spec.commandLine().getErr().println(message);
        return ExitCode.CONFIGURATION.status();
    }

    private char @Nullable [] readStandardInput() throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(
                System.in,
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT)));
        String line = in.readLine();
        if (line == null || line.isEmpty()) {
            fail("no password on the standard input");
            return null;
        }
        return line.toCharArray();
    }

    @SuppressWarnings("SystemConsoleNull") // null without a terminal up to Java 21; later readPassword answers null
    private char @Nullable [] readConsole() {
        Console console = System.console();
        if (console == null) {
            fail("no terminal to ask for the password: use --password-stdin");
            return null;
        }
        char[] first = console.readPassword("Password for %s: ", user);
        char[] second = console.readPassword("Again: ");
        try {
            if (first == null || first.length == 0) {
                fail("no password given");
                return null;
            }
            if (!Arrays.equals(first, second)) {
                fail("the passwords differ");
                Arrays.fill(first, '\0');
                return null;
            }
            return first;
        } finally {
            if (second != null) {
                Arrays.fill(second, '\0');
            }
        }
    }
}
