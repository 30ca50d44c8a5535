package org.ternmq.spi.control;

import java.util.Optional;

/**
 * Which subscriptions. What is empty does not matter.
 *
 * @param clientId whose, the whole client id
 * @param filter the filter as the client wrote it
 * @param under a filter that covers those to be found, such as {@code plant/#}
 */
public record SubscriptionQuery(Optional<String> clientId, Optional<String> filter, Optional<String> under) {}
