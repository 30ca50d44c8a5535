package org.ternmq.broker.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.ternmq.broker.protocol.MqttVersion;
import org.ternmq.spi.DataSize;

/** Text to the values that a record component can have. Every parser throws IllegalArgumentException for what it is not. */
final class Scalars {
    /** How one type is read, and what a message says was expected. */
    record Form(String expected, Parser parser) {}

    @FunctionalInterface
    interface Parser {
        Object parse(String text);
    }

    private static final Pattern NUMBER = Pattern.compile("-?(?:0|[1-9]\\d*)");
    private static final Pattern TIME = Pattern.compile("(\\d{1,12})\\s?(ms|s|m|h|d)");

    private static final Form INT = new Form("a whole number", text -> Integer.parseInt(wholeNumber(text)));
    private static final Form LONG = new Form("a whole number", text -> Long.parseLong(wholeNumber(text)));
    private static final Form DOUBLE = new Form("a number", Scalars::decimal);
    private static final Form BOOLEAN = new Form("true or false", Scalars::bool);

    private static final Map<Class<?>, Form> FORMS = Map.ofEntries(
            Map.entry(String.class, new Form("text", text -> text)),
            Map.entry(int.class, INT),
            Map.entry(Integer.class, INT),
            Map.entry(long.class, LONG),
            Map.entry(Long.class, LONG),
            Map.entry(double.class, DOUBLE),
            Map.entry(Double.class, DOUBLE),
            Map.entry(boolean.class, BOOLEAN),
            Map.entry(Boolean.class, BOOLEAN),
            Map.entry(Duration.class, new Form("a time such as 500ms, 30s, 5m or 7d", Scalars::duration)),
            Map.entry(DataSize.class, new Form("a size such as 64KiB", DataSize::parse)),
            Map.entry(URI.class, new Form("a URI such as ldaps://host:636", Scalars::uri)),
            Map.entry(
                    BindAddress.class, new Form("host:port such as 127.0.0.1:1883 or [::1]:1883", BindAddress::parse)),
            Map.entry(Network.class, new Form("a network such as 10.0.0.0/8 or an address", Network::parse)),
            Map.entry(SocketMode.class, new Form("a mode such as \"0660\"", SocketMode::parse)),
            Map.entry(MqttVersion.class, new Form("3.1, 3.1.1 or 5.0", Scalars::version)));

    private Scalars() {}

    /** The form of a type, null if it is none of these. */
    static @Nullable Form of(Class<?> type, Path base) {
        if (type == Path.class) {
            return new Form("a path", text -> path(text, base));
        }
        if (type == ListenAddress.class) {
            return new Form(
                    "host:port such as 127.0.0.1:1883 or [::1]:1883, or unix:/path",
                    text -> ListenAddress.parse(text, base));
        }
        Form form = FORMS.get(type);
        return form == null && type.isEnum() ? enumForm(type) : form;
    }

    private static Form enumForm(Class<?> type) {
        Map<String, Object> constants = new LinkedHashMap<>();
        for (Object constant : type.getEnumConstants()) {
            constants.put(((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-'), constant);
        }
        return new Form("one of " + String.join(", ", constants.keySet()), text -> {
            Object constant = constants.get(text);
            if (constant == null) {
                throw new IllegalArgumentException(text);
            }
            return constant;
        });
    }

    private static String wholeNumber(String text) {
        if (!NUMBER.matcher(text).matches()) { // no 0x10, no 1_000, and above all no octal 010
            throw new IllegalArgumentException(text);
        }
        return text;
    }

    private static Double decimal(String text) {
        if (!text.matches("-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?")) {
            throw new IllegalArgumentException(text);
        }
        return Double.valueOf(text);
    }

    private static Boolean bool(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(text);
        };
    }

    private static Duration duration(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        Matcher m = TIME.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException(text);
        }
        long amount = Long.parseLong(m.group(1));
        return switch (String.valueOf(m.group(2))) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    private static URI uri(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static Path path(String text, Path base) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("empty");
        }
        return base.resolve(text).normalize();
    }

    private static MqttVersion version(String text) {
        return switch (text) {
            case "3.1" -> MqttVersion.V3_1;
            case "3.1.1" -> MqttVersion.V3_1_1;
            case "5.0", "5" -> MqttVersion.V5_0;
            default -> throw new IllegalArgumentException(text);
        };
    }

    /** A camel-case name as a key: {@code userDn} is {@code user-dn}. */
    static String kebab(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1-$2")
                .replaceAll("([A-Z])([A-Z][a-z])", "$1-$2")
                .toLowerCase(Locale.ROOT);
    }

    /** What somebody who wrote this may have meant; null if nothing is close. */
    static @Nullable String closest(String written, Iterable<String> known) {
        String plain = plain(written);
        String best = null;
        int bestDistance = 1 + (plain.length() <= 3 ? 1 : plain.length() <= 7 ? 2 : 3);
        for (String candidate : known) {
            int distance = distance(plain, plain(candidate));
            if (distance < bestDistance && distance < candidate.length()) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return best;
    }

    private static String plain(String key) {
        return key.replace("-", "").replace("_", "").toLowerCase(Locale.ROOT);
    }

    /** Insertions, deletions, replacements and swaps of neighbours that lead from one to the other. */
    private static int distance(String a, String b) {
        int[] beforeLast = new int[b.length() + 1];
        int[] last = new int[b.length() + 1];
        Arrays.setAll(last, j -> j);
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + cost);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
                }
            }
            beforeLast = last;
            last = row;
        }
        return last[b.length()];
    }
}
