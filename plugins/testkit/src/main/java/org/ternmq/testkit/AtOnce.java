package org.ternmq.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Has several threads do something at the same time. */
final class AtOnce {
    /** How many. */
    static final int THREADS = 8;

    private AtOnce() {}

    /** What one of them does, by its number from 0. */
    interface Work {
        void run(int thread) throws Exception;
    }

    /** Returns when all are done; throws what one of them threw, or after a minute. */
    static void run(Work work) throws Exception {
        ExecutorService workers = Executors.newFixedThreadPool(THREADS);
        try {
            CyclicBarrier start = new CyclicBarrier(THREADS);
            List<Future<Void>> running = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int thread = i;
                running.add(workers.submit(() -> {
                    start.await();
                    work.run(thread);
                    return null;
                }));
            }
            for (Future<Void> one : running) {
                one.get(60, TimeUnit.SECONDS);
            }
        } finally {
            workers.shutdownNow();
        }
    }
}
