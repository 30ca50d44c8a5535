/** From a topic to those who want it: subscriptions, shared groups, retained messages. Knows no session and no network. */
@NullMarked
package org.ternmq.broker.routing;

import org.jspecify.annotations.NullMarked;
