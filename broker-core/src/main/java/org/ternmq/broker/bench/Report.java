package org.ternmq.broker.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What came out: figures with names, in order. */
public final class Report {
    private record Entry(String key, String label, Object value) {}

    private final List<Entry> entries = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();

    Report add(String key, String label, String value) {
        entries.add(new Entry(key, label, value));
        return this;
    }

    Report add(String key, String label, long value) {
        entries.add(new Entry(key, label, value));
        return this;
    }

    Report add(String key, String label, double value) {
        entries.add(new Entry(key, label, value));
        return this;
    }

    /** Says that the broker did what it must not do. */
    Report violation(String what) {
        violations.add(what);
        return this;
    }

    /** What the broker did and must not do: losses, duplicates, wrong order, where the QoS forbids them. */
    public List<String> violations() {
        return List.copyOf(violations);
    }

    /** One JSON object on one line. */
    public String toJson() {
        StringBuilder json = new StringBuilder("{");
        for (Entry entry : entries) {
            json.append(json.length() > 1 ? "," : "")
                    .append('"')
                    .append(entry.key)
                    .append("\":")
                    .append(entry.value instanceof String text ? '"' + text + '"' : number(entry.value, false));
        }
        json.append(",\"violations\":[");
        for (int i = 0; i < violations.size(); i++) {
            json.append(i > 0 ? "," : "").append('"').append(violations.get(i)).append('"');
        }
        return json.append("]}").toString();
    }

    /** For people: one line for each figure. */
    public String toText() {
        StringBuilder text = new StringBuilder();
        for (Entry entry : entries) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-34s %18s%n",
                    entry.label,
                    entry.value instanceof String ? entry.value : number(entry.value, true)));
        }
        violations.forEach(v -> text.append("VIOLATION: ").append(v).append(System.lineSeparator()));
        return text.toString();
    }

    private static String number(Object value, boolean grouped) {
        if (value instanceof Double d) {
            int digits = Math.abs(d) >= 1000 ? 0 : Math.abs(d) >= 10 ? 1 : 3;
            return String.format(Locale.ROOT, (grouped ? "%,." : "%.") + digits + "f", d);
        }
        return value instanceof Long n && grouped ? String.format(Locale.ROOT, "%,d", n) : value.toString();
    }
}
