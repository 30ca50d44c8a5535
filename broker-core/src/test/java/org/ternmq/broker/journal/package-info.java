@NullMarked
package org.ternmq.broker.journal;

import org.jspecify.annotations.NullMarked;
