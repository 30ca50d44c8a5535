/**
 * PF4J behind one door: {@link org.ternmq.broker.plugin.PluginHost} loads what is in the plugins folder, each plugin into a class
 * loader of its own, and hands out their factories.
 */
@NullMarked
package org.ternmq.broker.plugin;

import org.jspecify.annotations.NullMarked;
