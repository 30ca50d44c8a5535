/** Users of an LDAP directory, who prove themselves by binding with their password. */
@NullMarked
package org.ternmq.auth.ldap;

import org.jspecify.annotations.NullMarked;
