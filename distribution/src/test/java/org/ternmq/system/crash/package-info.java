/** Ends the broker at chosen places of its code: an agent that only the system tests attach to it. */
@org.jspecify.annotations.NullMarked
package org.ternmq.system.crash;
