/** The command line. */
@NullMarked
package org.ternmq.broker.cli;

import org.jspecify.annotations.NullMarked;
