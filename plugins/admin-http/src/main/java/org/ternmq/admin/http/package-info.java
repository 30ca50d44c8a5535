/** The admin interface over HTTP. */
@NullMarked
package org.ternmq.admin.http;

import org.jspecify.annotations.NullMarked;
