package org.ternmq.system;

/**
 * A message as a client of any make got it.
 *
 * @param topic the topic name
 * @param payload as UTF-8
 * @param qos as delivered
 * @param retained the RETAIN flag
 */
record Received(String topic, String payload, int qos, boolean retained) {}
