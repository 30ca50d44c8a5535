package org.ternmq.bridge.http;

import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.ternmq.spi.Bridge.Filter;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;

/**
 * The settings.
 *
 * @param url where to post to, by {@code https}, or by {@code http} on this machine
 * @param topics what is carried
 * @param headers sent with each request, such as {@code Authorization}
 * @param secretFile a file with the secret of the signature in its first line; without it, requests are not signed
 * @param tls for {@code https}
 * @param allowPlainText whether messages may cross a network unencrypted
 * @param batchMessages the most messages in one request
 * @param batchBytes the most bytes of topics and payloads in one request; a larger message goes alone
 * @param linger how long the first message of a batch waits for others
 * @param concurrency requests under way at once; with more than one, order is not kept
 * @param timeout for one answer, all of it
 * @param connectTimeout for a connection
 * @param retryMin the first pause after a failure; they double, and each is varied at random
 * @param retryMax the longest pause that is not asked for by the service
 * @param retryAfterMax the longest pause that the service can ask for
 * @param maxAttempts after how many a batch is given up; 0 for never
 * @param permanent statuses that say that a message will never be taken
 * @param deadLetterTopic where messages go that are given up; without it they are dropped
 * @param probe how often a connection is tried while nothing is to be sent
 */
record HttpBridgeSettings(
        URI url,
        List<Topic> topics,
        Map<String, String> headers,
        Optional<Path> secretFile,
        Optional<Tls> tls,
        @Default("false") boolean allowPlainText,
        @Default("100") int batchMessages,
        @Default("256KiB") DataSize batchBytes,
        @Default("20ms") Duration linger,
        @Default("1") int concurrency,
        @Default("30s") Duration timeout,
        @Default("10s") Duration connectTimeout,
        @Default("500ms") Duration retryMin,
        @Default("60s") Duration retryMax,
        @Default("1h") Duration retryAfterMax,
        @Default("0") int maxAttempts,
        List<Integer> permanent,
        Optional<String> deadLetterTopic,
        @Default("30s") Duration probe) {

    /** Names and literals alone: nobody is asked what a name means. */
    private static final Pattern THIS_MACHINE =
            Pattern.compile("localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|\\[::1]", Pattern.CASE_INSENSITIVE);

    /** That one message, or the batch as it is, will never do: what is sent is wrong, and not who sends it or where to. */
    private static final List<Integer> PERMANENT = List.of(400, 406, 413, 414, 415, 422);

    private static final Set<String> OURS =
            Set.of("content-type", "idempotency-key", "ternmq-timestamp", "ternmq-signature");

    /**
     * What is carried.
     *
     * @param out a filter
     * @param qos the highest QoS to carry with: 1 loses nothing, 0 may
     */
    record Topic(String out, @Default("1") int qos) {
        Topic {
            if (qos < 0 || qos > 1) {
                throw new ConfigurationException("qos is 0 or 1: a request can be answered twice, never exactly once");
            }
            try {
                TopicFilter.parse(out.startsWith("$share/") ? out.substring(out.indexOf('/', 7) + 1) : out);
            } catch (IllegalArgumentException e) {
                throw new ConfigurationException("'" + out + "' is no filter: " + e.getMessage());
            }
        }
    }

    /** Refuses settings that contradict each other, or are not safe. */
    HttpBridgeSettings {
        topics = List.copyOf(topics);
        headers = Map.copyOf(headers);
        permanent = permanent.isEmpty() ? PERMANENT : List.copyOf(permanent);
        List<String> problems = new ArrayList<>();
        checkUrl(url, allowPlainText, tls.isPresent(), problems);
        check(!topics.isEmpty(), "topics: a bridge without topics carries nothing", problems);
        check(batchMessages >= 1 && batchMessages <= 10_000, "batch-messages: must be 1 to 10000", problems);
        check(
                batchBytes.bytes() >= 1 && batchBytes.bytes() <= 64 << 20,
                "batch-bytes: must be at least 1 and at most 64MiB",
                problems);
        check(linger.toMinutes() < 1, "linger: must be shorter than 1m", problems);
        check(concurrency >= 1 && concurrency <= 64, "concurrency: must be 1 to 64", problems);
        checkTime("timeout", timeout, problems);
        checkTime("connect-timeout", connectTimeout, problems);
        checkTime("retry-min", retryMin, problems);
        checkTime("probe", probe, problems);
        check(retryMax.compareTo(retryMin) >= 0, "retry-max: is shorter than retry-min", problems);
        check(retryAfterMax.toDays() <= 7, "retry-after-max: must be at most 7d", problems);
        check(maxAttempts >= 0, "max-attempts: must be 0, for never giving up, or more", problems);
        for (int status : permanent) {
            check(
                    status >= 400 && status < 500 && status != 408 && status != 425 && status != 429,
                    "permanent: " + status + " is no status that says that a message will never be taken (400 to 499,"
                            + " without 408, 425 and 429)",
                    problems);
        }
        deadLetterTopic.ifPresent(topic -> check(
                !topic.isEmpty() && topic.chars().noneMatch(c -> c == '#' || c == '+' || c == 0),
                "dead-letter-topic: must be a topic name, without wildcards",
                problems));
        headers.forEach((name, value) -> check(
                canBeSent(name, value),
                "headers: '" + name + "' is no header that can be set, or its value has characters that cannot be sent",
                problems));
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
    }

    private static void checkUrl(URI url, boolean allowPlainText, boolean withTls, List<String> problems) {
        boolean encrypted = "https".equalsIgnoreCase(url.getScheme());
        boolean plain = "http".equalsIgnoreCase(url.getScheme());
        String host = url.getHost();
        check(
                (encrypted || plain) && host != null && url.getRawUserInfo() == null && url.getRawFragment() == null,
                "url: must be as https://host:port/path, without a user and without '#'",
                problems);
        check(
                !plain
                        || allowPlainText
                        || host == null
                        || THIS_MACHINE.matcher(host).matches(),
                "url: messages would go to " + host + " unencrypted; use https://, or write allow-plain-text: true if"
                        + " the network is as safe as that",
                problems);
        check(!plain || !withTls, "tls: nothing is encrypted by http://", problems);
    }

    private static boolean canBeSent(String name, String value) {
        try {
            HttpRequest.newBuilder().header(name, value);
            return !OURS.contains(name.toLowerCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static void checkTime(String key, Duration time, List<String> problems) {
        check(
                !time.isNegative() && !time.isZero() && time.compareTo(Duration.ofHours(1)) <= 0,
                key + ": must be 1ms to 1h",
                problems);
    }

    private static void check(boolean holds, String problem, List<String> problems) {
        if (!holds) {
            problems.add(problem);
        }
    }

    /** What to subscribe to. */
    List<Filter> filters() {
        return topics.stream()
                .map(topic -> new Filter(topic.out(), QoS.of(topic.qos())))
                .toList();
    }

    /** Where to post to, fit for the log: without the query, which may hold a key. */
    String service() {
        return url.getScheme() + "://" + url.getRawAuthority() + url.getRawPath();
    }

    /** Without what may be secret. */
    @Override
    public String toString() {
        return "HttpBridgeSettings[url=" + service() + ", topics=" + topics + ", headers=" + headers.keySet() + "]";
    }
}
