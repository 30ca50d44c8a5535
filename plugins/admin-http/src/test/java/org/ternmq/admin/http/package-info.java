/** Tests of the admin interface without a broker. */
@NullMarked
package org.ternmq.admin.http;

import org.jspecify.annotations.NullMarked;
