package org.ternmq.auth.http;

import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.Default;

/**
 * The settings.
 *
 * @param url who is asked, by {@code https}, or by {@code http} on this machine
 * @param headers sent with each question, such as {@code Authorization}
 * @param timeout for one answer, all of it
 * @param connectTimeout for a connection
 * @param trust certificates (PEM) of who may have signed the service's; without it, those that Java trusts
 * @param allowPlainText whether passwords may cross a network unencrypted
 * @param maxConcurrent questions under way at once; more wait, within their time
 * @param cache how long an acceptance is remembered; without it, not at all
 */
record HttpSettings(
        URI url,
        Map<String, String> headers,
        @Default("3s") Duration timeout,
        @Default("2s") Duration connectTimeout,
        Optional<Path> trust,
        @Default("false") boolean allowPlainText,
        @Default("32") int maxConcurrent,
        Optional<Duration> cache) {

    /** Names and literals alone: nobody is asked what a name means. */
    private static final Pattern THIS_MACHINE =
            Pattern.compile("localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|\\[::1]", Pattern.CASE_INSENSITIVE);

    /** Refuses settings that contradict each other, or are not safe. */
    HttpSettings {
        headers = Map.copyOf(headers);
        List<String> problems = new ArrayList<>();
        boolean tls = "https".equalsIgnoreCase(url.getScheme());
        boolean plain = "http".equalsIgnoreCase(url.getScheme());
        String host = url.getHost();
        check(
                (tls || plain) && host != null && url.getRawUserInfo() == null && url.getRawFragment() == null,
                "url: must be as https://host:port/path, without a user and without '#'",
                problems);
        check(
                !plain
                        || allowPlainText
                        || host == null
                        || THIS_MACHINE.matcher(host).matches(),
                "url: passwords would go to " + host + " unencrypted; use https://, or write allow-plain-text: true if"
                        + " the network is as safe as that",
                problems);
        check(!plain || trust.isEmpty(), "trust: nothing is encrypted by http://", problems);
        check(isSane(timeout), "timeout: must be 1ms to 10m", problems);
        check(isSane(connectTimeout), "connect-timeout: must be 1ms to 10m", problems);
        check(maxConcurrent >= 1 && maxConcurrent <= 1000, "max-concurrent: must be 1 to 1000", problems);
        cache.ifPresent(time -> check(
                !time.isZero() && time.toDays() < 1, "cache: must be 1ms to 24h; leave it out for none", problems));
        headers.forEach((name, value) -> check(
                canBeSent(name, value),
                "headers: '" + name + "' is no header that can be set, or its value has characters that cannot be sent",
                problems));
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
    }

    private static boolean canBeSent(String name, String value) {
        try {
            HttpRequest.newBuilder().header(name, value);
            return !name.equalsIgnoreCase("Content-Type"); // that is ours
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isSane(Duration time) {
        return !time.isZero() && time.compareTo(Duration.ofMinutes(10)) <= 0;
    }

    private static void check(boolean holds, String problem, List<String> problems) {
        if (!holds) {
            problems.add(problem);
        }
    }

    /** Who is asked, fit for the log: without the query, which may hold a key. */
    String service() {
        return url.getScheme() + "://" + url.getRawAuthority() + url.getRawPath();
    }

    /** Without what may be secret. */
    @Override
    public String toString() {
        return "HttpSettings[url=" + service() + ", headers=" + headers.keySet() + ", timeout=" + timeout
                + ", connectTimeout=" + connectTimeout + ", trust=" + trust + ", allowPlainText=" + allowPlainText
                + ", maxConcurrent=" + maxConcurrent + ", cache=" + cache + "]";
    }
}
