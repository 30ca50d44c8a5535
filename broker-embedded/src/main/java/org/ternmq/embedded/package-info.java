/** The broker as a part of another program: for tests in Java, and for programs that bring a broker of their own. */
@NullMarked
package org.ternmq.embedded;

import org.jspecify.annotations.NullMarked;
