package org.ternmq.auth.ldap;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Where a server is.
 *
 * @param tls whether it speaks TLS from the beginning
 * @param host a name or a literal address, without brackets
 * @param port its port
 */
record Address(boolean tls, String host, int port) {
    private static final int LDAP = 389;
    private static final int LDAPS = 636;

    /**
     * Reads URLs separated by blanks.
     *
     * @throws IllegalArgumentException says what is wrong with one of them
     */
    static List<Address> parse(String urls) {
        List<Address> addresses = new ArrayList<>();
        for (String url : urls.strip().split("\\s+", -1)) {
            addresses.add(parseOne(url));
        }
        return List.copyOf(addresses);
    }

    private static Address parseOne(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("'" + url + "' is no URL: " + e.getReason(), e);
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("ldap") && !scheme.equals("ldaps")) {
            throw new IllegalArgumentException("'" + url + "' does not begin with ldap:// or ldaps://");
        }
        String path = uri.getRawPath();
        if (uri.getHost() == null
                || uri.getRawUserInfo() != null
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null
                || !(path == null || path.isEmpty() || path.equals("/"))) {
            throw new IllegalArgumentException("'" + url + "' is not of the form " + scheme + "://host:port");
        }
        boolean tls = scheme.equals("ldaps");
        int port = uri.getPort() < 0 ? (tls ? LDAPS : LDAP) : uri.getPort();
        if (port == 0 || port > 65_535) {
            throw new IllegalArgumentException("'" + url + "' has no port that can be");
        }
        String host = uri.getHost();
        return new Address(tls, host.startsWith("[") ? host.substring(1, host.length() - 1) : host, port);
    }

    /** Whether it surely is this machine. A name other than localhost is not looked up: who answers may lie. */
    boolean isLoopback() {
        if (host.equalsIgnoreCase("localhost")) {
            return true;
        }
        if (!host.contains(":") && !host.matches("\\d+\\.\\d+\\.\\d+\\.\\d+")) {
            return false;
        }
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return (tls ? "ldaps://" : "ldap://") + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
