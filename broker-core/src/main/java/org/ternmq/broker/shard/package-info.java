/** One event loop with what belongs to it, and wake-ups between loops. */
@NullMarked
package org.ternmq.broker.shard;

import org.jspecify.annotations.NullMarked;
