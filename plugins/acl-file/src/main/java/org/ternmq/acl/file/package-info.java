/** Access rules in a file, in a YAML form of our own or in the form of Mosquitto. */
@NullMarked
package org.ternmq.acl.file;

import org.jspecify.annotations.NullMarked;
