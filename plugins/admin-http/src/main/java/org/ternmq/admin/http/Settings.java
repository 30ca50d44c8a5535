package org.ternmq.admin.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;

/**
 * The settings.
 *
 * @param bind where to listen: {@code address:port}, with {@code [..]} around an address of IPv6
 * @param tls speaks TLS if it is there
 * @param insecure lets an address that is not this machine's own be used without TLS
 * @param allowedHosts what the Host header may say, besides the names of this machine on a loopback address
 * @param tokens the file of further tokens; {@code admin-tokens} in the data folder if left out
 * @param maxRequestSize the largest body of a request
 * @param requestTimeout how long a connection may be silent, and how long an answer is waited for
 */
record Settings(
        @Default("127.0.0.1:18080") String bind,
        Optional<Tls> tls,
        @Default("false") boolean insecure,
        List<String> allowedHosts,
        Optional<Path> tokens,
        @Default("2MiB") DataSize maxRequestSize,
        @Default("30s") Duration requestTimeout) {
    private static final Pattern BIND = Pattern.compile("(\\[[0-9A-Fa-f:.%]+]|[^\\[\\]:\\s]+):(\\d{1,5})");
    private static final int LAST_PORT = 65_535;
    private static final long LARGEST = 256L << 20;

    /**
     * Files in PEM.
     *
     * @param certificate the chain, the server's own first
     * @param key its key, PKCS #8, not encrypted
     */
    record Tls(Path certificate, Path key) {}

    Settings {
        Matcher m = match(bind);
        if (Integer.parseInt(m.group(2)) > LAST_PORT) {
            throw new IllegalArgumentException("bind: a port is at most " + LAST_PORT);
        }
        if (tls.isEmpty() && !insecure && !isLoopback(m.group(1))) {
            throw new IllegalArgumentException(
                    "bind: '" + bind
                            + "' can be reached from elsewhere: give it 'tls', or write 'insecure: true' if tokens may be read on the way");
        }
        if (maxRequestSize.bytes() < 1024 || maxRequestSize.bytes() > LARGEST) {
            throw new IllegalArgumentException("max-request-size must be 1KiB to 256MiB");
        }
        if (requestTimeout.toMillis() < 1000 || requestTimeout.toMinutes() > 10) {
            throw new IllegalArgumentException("request-timeout must be 1s to 10m");
        }
    }

    private static Matcher match(String bind) {
        Matcher m = BIND.matcher(bind);
        if (!m.matches()) {
            throw new IllegalArgumentException("bind: expected address:port, found '" + bind + "'");
        }
        return m;
    }

    /** The address without brackets. */
    String host() {
        String host = match(bind).group(1);
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    int port() {
        return Integer.parseInt(match(bind).group(2));
    }

    /** Whether only this machine can reach it. */
    boolean isLoopback() {
        return isLoopback(match(bind).group(1));
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("bind: there is no host '" + host + "'", e);
        }
    }
}
