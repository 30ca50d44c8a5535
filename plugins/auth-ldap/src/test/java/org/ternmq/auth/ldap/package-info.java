@NullMarked
package org.ternmq.auth.ldap;

import org.jspecify.annotations.NullMarked;
