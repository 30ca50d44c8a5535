package org.ternmq.broker.control;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.routing.Publication;
import org.ternmq.broker.routing.Publisher;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.shard.Shard;

/** One message of an operator on its way. Owner: the loop it is routed on, then the journal. */
final class AwaitedPublish implements Publisher {
    private final Shard shard;
    private final Executor executor;
    private final CompletableFuture<Integer> done = new CompletableFuture<>();

    AwaitedPublish(Shard shard, Executor executor) {
        this.shard = shard;
        this.executor = executor;
    }

    /** Routes it; complete with the number of its subscribers when it is as safe as it has to be. */
    CompletableFuture<Integer> route(Router router, ApplicationMessage message) {
        shard.execute(() -> {
            try {
                Publication publication = Publication.of(message, this, 0, this, false, false);
                router.route(shard, message, publication);
                if (publication.isRejected()) {
                    done.completeExceptionally(new IllegalArgumentException("a subscriber's queue is full"));
                } else if (!publication.isPending()) {
                    offerCommitted(publication);
                }
            } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    @Override
    public boolean offerCommitted(Publication publication) {
        done.completeAsync(publication::recipients, executor);
        return false;
    }

    @Override
    public Shard home() {
        return shard;
    }

    @Override
    public void drain() {
        // nothing is ever offered that has to wait
    }
}
