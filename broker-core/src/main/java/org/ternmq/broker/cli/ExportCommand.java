package org.ternmq.broker.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.ternmq.broker.StoppedStore;
import org.ternmq.broker.config.Version;
import org.ternmq.broker.journal.DumpCounts;
import org.ternmq.broker.journal.DumpException;
import org.ternmq.broker.journal.StoreExport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ternmq export}. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Writes the store of a broker that does not run as lines of JSON, which 'ternmq import' reads into a"
                        + " store of any type.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "2:configuration or usage", "3:plugin", "4:the store or the file"})
final class ExportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "Where to, or - for the standard output.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String file;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private StoreOptions store;

    @Option(names = "--overwrite", description = "Replaces FILE if it is there.")
    private boolean overwrite;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        return store.with(spec, false, this::export);
    }

    private void export(StoppedStore from) throws DumpException {
        Progress progress = new Progress(spec.commandLine().getErr(), "Exported");
        StoreExport export = new StoreExport(from.storage(), progress);
        DumpCounts counts;
        try {
            counts = file.equals("-")
                    ? toOutput(export)
                    : DumpFile.write(
                            Path.of(file).toAbsolutePath(),
                            overwrite,
                            out -> export.write(out, Version.current().broker()));
        } catch (IOException e) {
            progress.end();
            throw new DumpException("cannot write to " + file + ": " + Words.of(e), e);
        }
        progress.end();
        spec.commandLine()
                .getErr()
                .println("Exported " + counts + " to " + (file.equals("-") ? "standard output" : file));
        if (counts.unreadableRecords() > 0) {
            spec.commandLine()
                    .getErr()
                    .println(counts.unreadableRecords() + " records cannot be read: they are in the export as bytes,"
                            + " and an import leaves them out");
        }
    }

    private static DumpCounts toOutput(StoreExport export) throws IOException, DumpException {
        OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16);
        DumpCounts counts = export.write(out, Version.current().broker());
        out.flush();
        return counts;
    }
}
