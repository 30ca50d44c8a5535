@NullMarked
package org.ternmq.acl.file;

import org.jspecify.annotations.NullMarked;
