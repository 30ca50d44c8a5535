@NullMarked
package org.ternmq.auth.scram;

import org.jspecify.annotations.NullMarked;
