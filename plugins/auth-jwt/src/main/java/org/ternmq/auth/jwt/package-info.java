/** Signed tokens (JWT, RFC 7519) in the place of passwords. */
@NullMarked
package org.ternmq.auth.jwt;

import org.jspecify.annotations.NullMarked;
