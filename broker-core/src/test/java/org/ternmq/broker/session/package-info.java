@NullMarked
package org.ternmq.broker.session;

import org.jspecify.annotations.NullMarked;
