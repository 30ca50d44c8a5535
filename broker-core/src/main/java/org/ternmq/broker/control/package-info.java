/** The broker as operators see it: behind {@link org.ternmq.spi.control.BrokerControl}. */
@NullMarked
package org.ternmq.broker.control;

import org.jspecify.annotations.NullMarked;
