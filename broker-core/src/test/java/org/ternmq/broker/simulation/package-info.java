/** The broker behind its connections, with every thread and the clock in the hands of a schedule. */
@NullMarked
package org.ternmq.broker.simulation;

import org.jspecify.annotations.NullMarked;
