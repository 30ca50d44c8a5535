/** A plugin for system tests: enhanced authentication with one question and one answer. */
@NullMarked
package org.ternmq.system.riddle;

import org.jspecify.annotations.NullMarked;
