package org.ternmq.admin.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The files of the page, from the folder {@code web} of the jar. They hold nothing of the broker, so that anybody may have them. */
final class StaticFiles {
    /**
     * A file.
     *
     * @param contentType by its name
     * @param bytes what is in it
     */
    record File(String contentType, byte[] bytes) {}

    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                    + "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'";

    /** A name or an address of IPv4: nothing that would mean something in a policy. */
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.-]{0,252}");

    /** Plain names only: no dots in front, no escapes, no empty parts. */
    private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){1,6}");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "svg", "image/svg+xml",
            "png", "image/png",
            "ico", "image/x-icon",
            "json", "application/json",
            "woff2", "font/woff2",
            "txt", "text/plain; charset=utf-8");

    private StaticFiles() {}

    /**
     * Scripts, styles and images only from here. Requests only to here, and WebSockets to any port of the same host, as the broker's
     * listeners are on other ports than this one.
     *
     * @param host what the browser asked for, without the port; of one that is an address of IPv6 no WebSockets are allowed, since policies
     *     have no word for it
     */
    static String contentSecurityPolicy(String host) {
        return HOST.matcher(host).matches() ? POLICY + " ws://" + host + ":* wss://" + host + ":*" : POLICY;
    }

    /** The file of a path; {@code /} is {@code /index.html}. */
    static Optional<File> find(String path) throws IOException {
        String name = path.equals("/") ? "/index.html" : path;
        String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
        if (type == null || !PATH.matcher(name).matches()) {
            return Optional.empty();
        }
        try (InputStream in = StaticFiles.class.getResourceAsStream("/web" + name)) {
            return in == null ? Optional.empty() : Optional.of(new File(type, in.readAllBytes()));
        }
    }
}
