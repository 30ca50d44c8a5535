/** Which test proves which statement of the specifications. */
@NullMarked
package org.ternmq.conformance;

import org.jspecify.annotations.NullMarked;
