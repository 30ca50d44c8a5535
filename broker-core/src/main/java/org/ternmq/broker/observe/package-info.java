/** Counters, events and health: what an operator sees. */
@NullMarked
package org.ternmq.broker.observe;

import org.jspecify.annotations.NullMarked;
