package org.ternmq.broker.cli;

import java.io.BufferedInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.ternmq.broker.StartException.ExitCode;
import org.ternmq.broker.StoppedStore;
import org.ternmq.broker.journal.DumpCounts;
import org.ternmq.broker.journal.DumpException;
import org.ternmq.broker.journal.StoreImport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ternmq import}. */
@Command(
        name = "import",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Reads what 'ternmq export' wrote into the store of a broker that does not run. A file is read twice:"
                        + " first to see whether it is whole.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "2:configuration or usage", "3:plugin", "4:the store or the file"})
final class ImportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "Where from, or - for the standard input.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String file;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private StoreOptions store;

    @Option(
            names = "--replace",
            description = "Removes what is in the store first. Without it the store must be empty.")
    private boolean replace;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (!file.equals("-")) {
            Progress progress = new Progress(spec.commandLine().getErr(), "Looked at");
            try (InputStream in = open()) {
                StoreImport.verify(in, progress);
            } catch (IOException | DumpException e) {
                progress.end();
                spec.commandLine()
                        .getErr()
                        .println("ternmq import: " + file + ": " + words(e) + "; nothing was changed");
                return ExitCode.STORAGE.status();
            }
            progress.end();
        }
        return store.with(spec, true, this::read);
    }

    private static String words(Exception e) {
        return e instanceof IOException io ? Words.of(io) : String.valueOf(e.getMessage());
    }

    private InputStream open() throws IOException {
        return new BufferedInputStream(
                file.equals("-") ? new FileInputStream(FileDescriptor.in) : Files.newInputStream(Path.of(file)),
                1 << 16);
    }

    private void read(StoppedStore to) throws DumpException {
        Progress progress = new Progress(spec.commandLine().getErr(), "Imported");
        DumpCounts counts;
        try (InputStream in = open()) {
            counts = new StoreImport(to.storage(), progress).read(in, replace);
        } catch (IOException e) {
            throw new DumpException("cannot read " + file + ": " + Words.of(e), e);
        } finally {
            progress.end();
        }
        spec.commandLine().getErr().println("Imported " + counts);
        if (counts.unreadableRecords() > 0) {
            spec.commandLine()
                    .getErr()
                    .println(counts.unreadableRecords()
                            + " records could not be read when they were exported, and were left out");
        }
    }
}
