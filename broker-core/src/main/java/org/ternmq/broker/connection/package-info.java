/** One network connection: packet order, limits, keep-alive, aliases, encoding. */
@NullMarked
package org.ternmq.broker.connection;

import org.jspecify.annotations.NullMarked;
