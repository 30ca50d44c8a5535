/**
 * The configuration: one YAML file, bound strictly to records, with every problem reported at its line and column.
 *
 * <p>{@link org.ternmq.broker.config.ConfigSource} reads, {@link org.ternmq.broker.config.RecordBinder} binds,
 * {@link org.ternmq.broker.config.BrokerConfig} is what comes of it, and {@link org.ternmq.broker.config.Problems} collects
 * what is wrong, here and in the plugins, so that it can be printed at once.
 */
@NullMarked
package org.ternmq.broker.config;

import org.jspecify.annotations.NullMarked;
