/** Moving in from other brokers: reads their files, and writes those of this one with a report of every line. */
@NullMarked
package org.ternmq.broker.cli.migrate;

import org.jspecify.annotations.NullMarked;
