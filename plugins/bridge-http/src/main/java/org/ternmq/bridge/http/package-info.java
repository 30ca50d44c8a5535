/** A bridge that posts messages to a web service. */
@NullMarked
package org.ternmq.bridge.http;

import org.jspecify.annotations.NullMarked;
