package org.ternmq.broker.cli.migrate;

import java.util.Locale;

/** Texts of others between quotes, so that nothing in them means anything. */
final class Quoted {
    private Quoted() {}

    /** A JSON string, which is a double-quoted scalar of YAML too. */
    static String json(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (isUnprintable(c)) {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    /** A scalar of the configuration, in which <code>${</code> would be a variable. */
    static String yaml(String text) {
        return json(text.replace("${", "$${"));
    }

    /** For people: one line, whatever the text holds. */
    static String plain(String text) {
        StringBuilder out = new StringBuilder();
        text.chars().forEach(c -> {
            if (isUnprintable((char) c)) {
                out.append(String.format(Locale.ROOT, "\\u%04x", c));
            } else {
                out.append((char) c);
            }
        });
        return out.toString();
    }

    private static boolean isUnprintable(char c) {
        return Character.isISOControl(c)
                || c == '\u00a0'
                || c >= '\u2028' && c <= '\u202e' // lines, and the direction of writing
                || c >= '\u2066' && c <= '\u2069'
                || c == '\ufeff'
                || c >= '\ufffe';
    }
}
