/** Who came, who was refused and what was denied, in a file of JSON lines that no client can forge a line of. */
@NullMarked
package org.ternmq.audit.log;

import org.jspecify.annotations.NullMarked;
