package org.ternmq.spi.control;

import java.util.Optional;

/**
 * One level of the tree of retained messages.
 *
 * @param name the level alone
 * @param topic the topic that ends with it
 * @param message the message of that topic, if there is one
 * @param hasChildren whether there are messages below it
 */
public record RetainedLevel(String name, String topic, Optional<RetainedView> message, boolean hasChildren) {}
