@NullMarked
package org.ternmq.auth.file;

import org.jspecify.annotations.NullMarked;
