@NullMarked
package org.ternmq.bridge.kafka;

import org.jspecify.annotations.NullMarked;
