/** A client's session, connected or not: both windows, queue, subscriptions, will, expiry. */
@NullMarked
package org.ternmq.broker.session;

import org.jspecify.annotations.NullMarked;
