@NullMarked
package org.ternmq.broker.observe;

import org.jspecify.annotations.NullMarked;
