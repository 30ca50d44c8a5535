package org.ternmq.broker.control;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.ternmq.broker.journal.DumpException;
import org.ternmq.spi.control.BackupView;
import org.ternmq.spi.control.Principal;
import org.ternmq.spi.control.ReloadView;

/**
 * What operators ask for that may take a minute and more: on threads of its own, so that no question waits behind it, and audited
 * when it has ended. Few at a time; one more is told so at once. Safe for use by all threads.
 */
final class LongWorks implements AutoCloseable {
    /** Tells the audit log. */
    interface Audit {
        /** What somebody did to something. */
        void tell(Principal by, String action, String target, String outcome);
    }

    private static final int AT_A_TIME = 2;
    private static final String BUSY = "other reloads or backups are under way; try again when they have ended";

    private final Parts parts;
    private final Audit audit;
    private final ExecutorService executor =
            new ThreadPoolExecutor(0, AT_A_TIME, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                Thread thread = new Thread(task, "control-work");
                thread.setDaemon(true);
                return thread;
            });

    LongWorks(Parts parts, Audit audit) {
        this.parts = parts;
        this.audit = audit;
    }

    CompletionStage<ReloadView> reload(Principal by, String instance) {
        CompletionStage<ReloadView> done;
        try {
            done = CompletableFuture.supplyAsync(() -> parts.renew().apply(instance), executor);
        } catch (RejectedExecutionException e) {
            done = CompletableFuture.failedStage(new IllegalArgumentException(BUSY, e));
        }
        return done.whenComplete(
                (view, e) -> audit.tell(by, "reload-plugin", instance, e != null ? failed(e) : words(view)));
    }

    private static String words(ReloadView view) {
        return switch (view.outcome()) {
            case DONE -> "done: " + String.join("; ", view.words());
            case REFUSED -> "refused: " + String.join("; ", view.words());
            case UNKNOWN -> "refused: there is no such instance";
        };
    }

    private static String failed(Throwable e) {
        return "failed: " + e.getMessage();
    }

    /** The path comes from far away: it is taken as it stands, or not at all. */
    private Path checked(Path folder) {
        if (!folder.isAbsolute()) {
            throw new IllegalArgumentException("the folder has to be an absolute path of the broker's machine");
        }
        if (!folder.equals(folder.normalize()) || folder.getFileName() == null) {
            throw new IllegalArgumentException("the folder may have no . and .. in its path");
        }
        if (folder.startsWith(parts.data().toAbsolutePath().normalize())) {
            throw new IllegalArgumentException("a copy of the data folder cannot be inside it");
        }
        return folder;
    }

    CompletionStage<BackupView> backup(Principal by, Path folder) {
        CompletionStage<BackupView> done;
        try {
            Path target = checked(folder);
            done = CompletableFuture.supplyAsync(() -> copy(target), executor);
        } catch (RejectedExecutionException e) {
            done = CompletableFuture.failedStage(new IllegalArgumentException(BUSY, e));
        } catch (IllegalArgumentException e) {
            done = CompletableFuture.failedStage(e);
        }
        return done.whenComplete((view, e) -> audit.tell(
                by,
                "backup",
                folder.toString(),
                e != null
                        ? failed(e)
                        : view.problem().map(words -> "refused: " + words).orElse("done")));
    }

    private BackupView copy(Path folder) {
        long begun = System.nanoTime();
        Optional<String> problem = Optional.empty();
        try {
            parts.backup().to(folder);
        } catch (DumpException e) {
            problem = Optional.of(String.valueOf(e.getMessage()));
        }
        return new BackupView(folder, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun), problem);
    }

    /** Takes nothing more; what is under way ends by itself, since a copy that is interrupted would break its files. */
    @Override
    public void close() {
        executor.shutdown();
    }
}
