/**
 * A load generator: what {@code ternmq bench} runs. It talks to any MQTT broker, so that one can be compared with another, and
 * shares no code with this one's protocol, so that a mistake in there is not made twice.
 */
@NullMarked
package org.ternmq.broker.bench;

import org.jspecify.annotations.NullMarked;
