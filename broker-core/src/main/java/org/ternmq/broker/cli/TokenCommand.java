package org.ternmq.broker.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.StartException.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ternmq token}: the file of hashes that the admin interface reads. */
@Command(
        name = "token",
        mixinStandardHelpOptions = true,
        description = "Tokens for the admin interface. A running broker sees a change within seconds.",
        subcommands = {TokenCommand.Add.class, TokenCommand.Remove.class, TokenCommand.ListTokens.class})
final class TokenCommand extends ApiCommand.Group {
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";
    private static final int BYTES = 32;

    /** What a token is good for. */
    enum Role {
        /** To look. */
        VIEWER,
        /** To act on clients and messages. */
        OPERATOR,
        /** To act on the broker. */
        ADMIN;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What they have in common. */
    abstract static class OnFile implements Callable<Integer> {
        @Option(
                names = "--file",
                paramLabel = "FILE",
                description = "The file of tokens; admin-tokens in the data folder if left out.")
        private @Nullable Path file;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        abstract void run(List<String> lines, PrintWriter out) throws IOException;

        @Override
        public final Integer call() {
            try {
                run(new ArrayList<>(Files.exists(file()) ? Files.readAllLines(file()) : List.of()), out());
                return 0;
            } catch (IOException | IllegalArgumentException e) {
                spec.commandLine().getErr().println("ternmq: " + e.getMessage());
                return ExitCode.CONFIGURATION.status();
            }
        }

        private PrintWriter out() {
            return spec.commandLine().getOut();
        }

        Path file() {
            return file == null
                    ? Installation.find().home().resolve("data").resolve("admin-tokens")
                    : file.toAbsolutePath();
        }

        /** Puts a new file in the place of the old one, for its owner alone. */
        void write(List<String> lines) throws IOException {
            Path folder = file().getParent();
            if (folder == null || !Files.isDirectory(folder)) {
                throw new IllegalArgumentException(
                        "there is no folder for " + file() + "; start the broker once, or give --file");
            }
            Path fresh = folder.getFileSystem().supportedFileAttributeViews().contains("posix")
                    ? Files.createTempFile(
                            folder,
                            "admin-tokens",
                            ".new",
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                    : Files.createTempFile(folder, "admin-tokens", ".new");
            Files.write(fresh, lines, StandardCharsets.UTF_8);
            Files.move(fresh, file(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** {@code ternmq token add}. */
    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = "Makes a token and writes it to the standard output, once; the file gets its hash.")
    static final class Add extends OnFile {
        @Parameters(paramLabel = "NAME", description = "Whose it is, for the audit log.")
        private String name = "";

        @Option(names = "--role", description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
        private Role role = Role.VIEWER;

        @Override
        void run(List<String> lines, PrintWriter out) throws IOException {
            if (!name.matches(NAME) || name.equals("admin")) {
                throw new IllegalArgumentException(
                        "a name has letters, digits, '.', '_' and '-', begins with a letter or"
                                + " digit, and is not 'admin', which is that of the first token");
            }
            if (lines.stream().anyMatch(line -> line.startsWith(name + ":"))) {
                throw new IllegalArgumentException("there is a token '" + name + "' already; remove it first");
            }
            byte[] random = new byte[BYTES];
            new SecureRandom().nextBytes(random);
            String token = "tmq_" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
            lines.add(name + ":" + role + ":" + hash(token));
            write(lines);
            out.println(token);
        }

        private static String hash(String token) {
            try {
                return HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java has SHA-256", e);
            }
        }
    }

    /** {@code ternmq token remove}. */
    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Makes a token worthless.")
    static final class Remove extends OnFile {
        @Parameters(paramLabel = "NAME")
        private String name = "";

        @Override
        void run(List<String> lines, PrintWriter out) throws IOException {
            if (!lines.removeIf(line -> line.startsWith(name + ":"))) {
                throw new IllegalArgumentException("there is no token '" + name + "' in " + file());
            }
            write(lines);
        }
    }

    /** {@code ternmq token list}. */
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists names and roles.")
    static final class ListTokens extends OnFile {
        @Override
        void run(List<String> lines, PrintWriter out) {
            lines.stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(line -> line.split(":", 3))
                    .forEach(parts -> out.println(parts[0] + " " + (parts.length > 1 ? parts[1] : "?")));
        }
    }
}
