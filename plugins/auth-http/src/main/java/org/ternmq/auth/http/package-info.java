/** A web service that is asked who may come in. */
@NullMarked
package org.ternmq.auth.http;

import org.jspecify.annotations.NullMarked;
