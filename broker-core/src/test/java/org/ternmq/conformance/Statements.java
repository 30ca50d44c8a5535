package org.ternmq.conformance;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The statements that a row of a table of tests names. */
public final class Statements {
    private static final Pattern NAME = Pattern.compile("\\bMQTT(5?)-([0-9]+\\.[0-9]+\\.[0-9]+-[0-9]+)\\b");

    private Statements() {}

    /**
     * What to publish with a {@link org.junit.jupiter.api.TestReporter}.
     *
     * @param text names statements of 5.0 as in {@code MQTT5-3.1.0-1}, those of 3.1.1 as in {@code MQTT-3.1.0-1}
     */
    public static Map<String, String> in(String text) {
        Map<String, String> ids = new LinkedHashMap<>();
        Matcher m = NAME.matcher(text);
        while (m.find()) {
            Standard standard = m.group(1).isEmpty() ? Standard.MQTT311 : Standard.MQTT5;
            ids.merge(standard.key(), m.group(2), (a, b) -> a + "," + b);
        }
        return ids;
    }
}
