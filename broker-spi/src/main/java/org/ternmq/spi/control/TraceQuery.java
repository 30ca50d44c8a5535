package org.ternmq.spi.control;

import java.util.Optional;
import org.ternmq.spi.TopicFilter;

/**
 * What a trace is of; with neither it would be of everything, which is refused.
 *
 * @param clientId the packets of this client, and what becomes of what it publishes
 * @param topic messages and subscriptions of topics that this filter matches
 * @param payload whether payloads are shown
 */
public record TraceQuery(Optional<String> clientId, Optional<TopicFilter> topic, boolean payload) {}
