/** SCRAM (RFC 5802, RFC 7677) as a method of MQTT 5.0's enhanced authentication, with users in a file. */
@NullMarked
package org.ternmq.auth.scram;

import org.jspecify.annotations.NullMarked;
