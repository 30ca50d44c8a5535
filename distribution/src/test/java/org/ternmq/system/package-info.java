/**
 * The shipped tree, run as a process and used through the network by clients that were not written here. Nothing in this
 * package touches a class of the broker.
 */
@NullMarked
package org.ternmq.system;

import org.jspecify.annotations.NullMarked;
