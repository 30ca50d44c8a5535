@NullMarked
package org.ternmq.auth.jwt;

import org.jspecify.annotations.NullMarked;
