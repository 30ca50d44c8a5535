@NullMarked
package org.ternmq.audit.log;

import org.jspecify.annotations.NullMarked;
