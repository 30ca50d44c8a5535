/** Asks authenticators and authorizers, and fails closed. */
@NullMarked
package org.ternmq.broker.security;

import org.jspecify.annotations.NullMarked;
