package org.ternmq.bridge.mqtt;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import org.ternmq.spi.ConfigurationException;

/**
 * Where another broker listens.
 *
 * @param uri as it was written, without a password
 */
record Address(URI uri, String host, int port, boolean tls, boolean webSocket) {
    /**
     * Reads addresses that blanks separate.
     *
     * @throws ConfigurationException if there is none, or one cannot be used
     */
    static List<Address> parseAll(String text) {
        List<Address> all = new ArrayList<>();
        for (String each : text.strip().split("\\s+", -1)) {
            all.add(parse(each));
        }
        return List.copyOf(all);
    }

    private static Address parse(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw new ConfigurationException("url: " + e.getMessage());
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme();
        if (uri.getHost() == null) {
            throw new ConfigurationException("url: '" + text + "' is not like mqtt://host:1883");
        }
        if (uri.getUserInfo() != null) {
            throw new ConfigurationException("url: give the user by username and password-file, not in the URL");
        }
        boolean tls;
        boolean webSocket;
        int port;
        switch (scheme) {
            case "mqtt", "tcp" -> {
                tls = false;
                webSocket = false;
                port = 1883;
            }
            case "mqtts", "ssl" -> {
                tls = true;
                webSocket = false;
                port = 8883;
            }
            case "ws" -> {
                tls = false;
                webSocket = true;
                port = 80;
            }
            case "wss" -> {
                tls = true;
                webSocket = true;
                port = 443;
            }
            default ->
                throw new ConfigurationException(
                        "url: '" + text + "' begins with none of mqtt://, mqtts://, ws:// and wss://");
        }
        return new Address(uri, uri.getHost(), uri.getPort() < 0 ? port : uri.getPort(), tls, webSocket);
    }

    /** The address of the WebSocket; its path is {@code /mqtt} if none was written. */
    URI webSocketUri() {
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/mqtt" : uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return URI.create((tls ? "wss" : "ws") + "://" + uri.getRawAuthority() + path + query);
    }

    @Override
    public String toString() {
        return uri.toString();
    }
}
