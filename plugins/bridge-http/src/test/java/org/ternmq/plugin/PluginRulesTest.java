package org.ternmq.plugin;

import org.ternmq.testkit.PluginRules;

final class PluginRulesTest extends PluginRules {}
