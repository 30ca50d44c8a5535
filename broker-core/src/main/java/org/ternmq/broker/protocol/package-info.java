/** MQTT's nouns and its wire format for 3.1, 3.1.1 and 5.0. Decides nothing that is policy. */
@NullMarked
package org.ternmq.broker.protocol;

import org.jspecify.annotations.NullMarked;
