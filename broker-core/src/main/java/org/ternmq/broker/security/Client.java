package org.ternmq.broker.security;

import org.ternmq.spi.ClientInfo;

/**
 * A client that was let in.
 *
 * @param info who it is
 * @param permissions what it may do
 */
public record Client(ClientInfo info, Permissions permissions) {}
