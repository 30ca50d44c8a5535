/** Clients inside the broker: what hosts bridges, and the sessions under which messages wait for them. */
@NullMarked
package org.ternmq.broker.bridge;

import org.jspecify.annotations.NullMarked;
