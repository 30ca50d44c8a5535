/**
 * The conformance kit: JUnit 5 classes that a plugin's tests extend, and a plugin's surroundings for tests.
 *
 * <p>A promise that a plugin does not make is opted out of by overriding the method that names it, so that a reader of the
 * plugin's test sees what is missing.
 */
@NullMarked
package org.ternmq.testkit;

import org.jspecify.annotations.NullMarked;
