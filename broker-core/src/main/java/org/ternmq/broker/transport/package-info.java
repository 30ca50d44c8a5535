/** Listeners, and the event loops they run on. */
@NullMarked
package org.ternmq.broker.transport;

import org.jspecify.annotations.NullMarked;
