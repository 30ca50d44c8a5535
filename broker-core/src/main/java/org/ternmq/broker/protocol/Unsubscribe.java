package org.ternmq.broker.protocol;

import java.util.List;

/**
 * UNSUBSCRIBE. The filters are strings of valid UTF-8; whether they are topic filters is checked above.
 *
 * @param topicFilters at least one
 */
public record Unsubscribe(int packetId, List<String> topicFilters) implements Packet {}
