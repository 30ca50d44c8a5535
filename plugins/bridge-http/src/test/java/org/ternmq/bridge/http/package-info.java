@NullMarked
package org.ternmq.bridge.http;

import org.jspecify.annotations.NullMarked;
