package org.ternmq.broker.bridge;

import org.ternmq.broker.observe.Events;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.routing.Router;
import org.ternmq.broker.security.Authentication;
import org.ternmq.broker.session.Capabilities;
import org.ternmq.broker.session.SessionRegistry;
import org.ternmq.broker.shard.Shards;

/**
 * The broker, for those who host bridges.
 *
 * @param registry where their sessions are
 * @param router for what the broker itself says of them
 * @param authentication tells what a bridge with a user may do
 * @param capabilities what this broker offers, also to bridges
 * @param receiveMaximum QoS 1 and 2 messages a bridge may have unfinished
 * @param topicLevels levels of a topic
 * @param controlCharacters whether topics may hold them
 */
public record BridgeParts(
        SessionRegistry registry,
        Router router,
        Authentication authentication,
        Shards shards,
        Events events,
        Metrics metrics,
        Capabilities capabilities,
        int receiveMaximum,
        int topicLevels,
        boolean controlCharacters) {}
