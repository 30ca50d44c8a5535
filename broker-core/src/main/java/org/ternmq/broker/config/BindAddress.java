package org.ternmq.broker.config;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A host and a port.
 *
 * @param host a name or an address, IPv6 without brackets
 * @param port 0 for one that the system chooses
 */
public record BindAddress(String host, int port) implements ListenAddress {
    private static final Pattern FORM = Pattern.compile("(?:\\[([0-9A-Fa-f:.%\\w]+)]|([^:\\[\\]\\s]+)):(\\d{1,5})");

    /**
     * Reads {@code 127.0.0.1:1883}, {@code localhost:1883} or {@code [::1]:1883}.
     *
     * @throws IllegalArgumentException if the text has another form
     */
    public static BindAddress parse(String text) {
        Matcher m = FORM.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException("not host:port: '" + text + "'");
        }
        int port = Integer.parseInt(m.group(3));
        if (port > 0xFFFF) {
            throw new IllegalArgumentException("port " + port + " is above 65535");
        }
        return new BindAddress(m.group(1) != null ? m.group(1) : m.group(2), port);
    }

    @Override
    public boolean isLoopback() {
        InetAddress address = resolve();
        return address != null && address.isLoopbackAddress();
    }

    /** The same port of the same address, or of all and one of them. */
    @Override
    public boolean clashesWith(ListenAddress address) {
        if (!(address instanceof BindAddress other) || port == 0 || port != other.port) {
            return false;
        }
        InetAddress mine = resolve();
        InetAddress its = other.resolve();
        if (mine == null || its == null) {
            return host.equalsIgnoreCase(other.host);
        }
        boolean sameFamily = mine instanceof Inet4Address == its instanceof Inet4Address;
        return mine.equals(its) || sameFamily && (mine.isAnyLocalAddress() || its.isAnyLocalAddress());
    }

    /** The address of the host, null if it has none. Asks the system's resolver only for names. */
    @Nullable
    InetAddress resolve() {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** As it is written in the configuration. */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
