package org.ternmq.broker.session;

import org.ternmq.broker.journal.DeliveryRecords;
import org.ternmq.broker.journal.Journal;
import org.ternmq.broker.journal.Pager;
import org.ternmq.broker.observe.Events;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.security.Authentication;
import org.ternmq.broker.shard.Shards;

/**
 * What all sessions work with.
 *
 * @param router gets what clients publish
 * @param journal makes durable
 * @param records how deliveries are written
 * @param pager reads back what waits in the store
 * @param shards the loops they live on
 * @param limits the bounds of each
 * @param budget the bounds of all queues together
 * @param capabilities what the broker offers
 * @param interceptors see what is published
 * @param authentication tells what clients may do
 * @param metrics counts
 * @param events is told
 */
public record SessionServices(
        Router router,
        Journal journal,
        DeliveryRecords records,
        Pager pager,
        Shards shards,
        SessionLimits limits,
        QueueBudget budget,
        Capabilities capabilities,
        Interceptors interceptors,
        Authentication authentication,
        Metrics metrics,
        Events events) {}
