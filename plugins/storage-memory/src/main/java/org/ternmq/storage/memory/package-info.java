/** The storage {@code memory}: fast, and gone when the process ends. */
@NullMarked
package org.ternmq.storage.memory;

import org.jspecify.annotations.NullMarked;
