@NullMarked
package org.ternmq.bridge.mqtt;

import org.jspecify.annotations.NullMarked;
