package org.ternmq.broker.config;

import java.util.ArrayList;
import java.util.List;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.Default;

/**
 * MQTT over WebSocket.
 *
 * @param path of the URL
 * @param allowedOrigins the sites whose pages may connect: {@code https://host[:port]}, {@code null}, or {@code *} for all
 */
public record WebSocketConfig(@Default("/mqtt") String path, List<String> allowedOrigins) {
    /** Checks and copies. */
    public WebSocketConfig {
        List<String> problems = new ArrayList<>();
        if (!path.matches("/[A-Za-z0-9._~!$&'()*+,;=:@/-]*")) {
            problems.add("path must begin with / and have no query, no blanks and no %, found '" + path + "'");
        }
        for (String origin : allowedOrigins) {
            if (!origin.matches("\\*|null|[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#\\s@*]+")) {
                problems.add(
                        "an allowed origin is https://host or https://host:port without anything behind it, null, or"
                                + " *, found '" + origin + "'");
            }
        }
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
        allowedOrigins = List.copyOf(allowedOrigins);
    }

    /** Whether pages of a site may connect. */
    public boolean allows(String origin) {
        return allowedOrigins.stream().anyMatch(each -> each.equals("*") || each.equalsIgnoreCase(origin));
    }
}
