@NullMarked
package org.ternmq.broker.transport;

import org.jspecify.annotations.NullMarked;
