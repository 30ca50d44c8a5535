/** Tests of the embedded broker. */
@NullMarked
package org.ternmq.embedded;

import org.jspecify.annotations.NullMarked;
