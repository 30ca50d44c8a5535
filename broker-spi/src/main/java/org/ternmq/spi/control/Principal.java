package org.ternmq.spi.control;

import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * Who asks for a change, for the audit log.
 *
 * @param name the name of the token, or of the user
 * @param role what may be done with it, such as {@code admin}
 * @param address where from, if it is known
 */
public record Principal(String name, String role, Optional<InetSocketAddress> address) {}
