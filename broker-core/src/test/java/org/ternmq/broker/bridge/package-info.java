@NullMarked
package org.ternmq.broker.bridge;

import org.jspecify.annotations.NullMarked;
