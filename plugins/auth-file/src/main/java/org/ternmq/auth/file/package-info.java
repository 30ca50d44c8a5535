/** Users and hashed passwords in a file, as {@code mosquitto_passwd} and {@code ternmq passwd} write it. */
@NullMarked
package org.ternmq.auth.file;

import org.jspecify.annotations.NullMarked;
