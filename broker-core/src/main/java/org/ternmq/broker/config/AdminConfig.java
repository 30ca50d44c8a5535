package org.ternmq.broker.config;

/**
 * The interface for operators.
 *
 * @param plugin the block as its plugin sees it
 * @param place where it is written
 */
public record AdminConfig(@Rules.Rest(type = "http") PluginBlock plugin, Place place) {}
