/**
 * What a TernMQ plugin compiles against, and all it may see of the broker.
 *
 * <p>A plugin is one jar with one or more {@linkplain org.ternmq.spi.PluginFactory factories}, each annotated with
 * {@code org.pf4j.Extension}. The broker creates one factory per jar by its public no-argument constructor, asks its
 * {@link org.ternmq.spi.PluginFactory#type() type}, and calls it for every block of the configuration that names this
 * type. Everything else a plugin needs it is handed through {@link org.ternmq.spi.PluginContext}; there is no static
 * entry point.
 *
 * <p>Types that a plugin implements are small and final in shape. Types that the broker implements
 * ({@link org.ternmq.spi.PluginContext}, {@link org.ternmq.spi.ClientInfo}, {@link org.ternmq.spi.Credentials},
 * {@link org.ternmq.spi.Bridge.BrokerLink}) may gain methods in a minor version. Arguments are immutable. A null is
 * neither passed nor accepted unless the type says {@code @Nullable}.
 */
@NullMarked
package org.ternmq.spi;

import org.jspecify.annotations.NullMarked;
