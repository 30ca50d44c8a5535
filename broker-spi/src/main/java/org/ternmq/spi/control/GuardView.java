package org.ternmq.spi.control;

/**
 * What the guard against floods holds now.
 *
 * @param unauthenticatedBytes what all connections take that are not let in yet
 * @param countedAddresses addresses whose connections are counted
 * @param bans bans in force
 */
public record GuardView(long unauthenticatedBytes, int countedAddresses, int bans) {}
