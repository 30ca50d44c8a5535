/** What survives, and when it is safe: keyspaces, group commit, recovery. */
@NullMarked
package org.ternmq.broker.journal;

import org.jspecify.annotations.NullMarked;
