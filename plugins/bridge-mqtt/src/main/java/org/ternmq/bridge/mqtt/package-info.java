/** A bridge to other MQTT brokers. */
@NullMarked
package org.ternmq.bridge.mqtt;

import org.jspecify.annotations.NullMarked;
