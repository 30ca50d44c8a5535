package org.ternmq.broker.config;

import java.util.List;
import org.ternmq.spi.ConfigurationException;

/**
 * A listener behind proxies that tell where clients are (PROXY protocol, versions 1 and 2).
 *
 * @param from where the proxies are: from there a header must come, and nobody else is let in; at least one
 */
public record ProxyProtocolConfig(List<Network> from) {
    /** Checks and copies. */
    public ProxyProtocolConfig {
        if (from.isEmpty()) {
            throw new ConfigurationException(
                    "from must name the networks of the proxies: whoever may send the header chooses the address that logs"
                            + " and plugins see");
        }
        from = List.copyOf(from);
    }
}
