@NullMarked
package org.ternmq.broker.security;

import org.jspecify.annotations.NullMarked;
