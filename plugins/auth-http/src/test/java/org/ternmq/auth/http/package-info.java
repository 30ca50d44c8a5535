@NullMarked
package org.ternmq.auth.http;

import org.jspecify.annotations.NullMarked;
