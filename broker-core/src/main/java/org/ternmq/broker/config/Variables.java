package org.ternmq.broker.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Replaces <code>${NAME}</code> and <code>${NAME:default}</code> by environment variables; <code>$${</code> stands for the
 * text <code>${</code> itself. What a variable brings is not searched again.
 *
 * @param environment names to values
 */
record Variables(Map<String, String> environment) {
    private static final Pattern REFERENCE =
            Pattern.compile("\\$\\$\\{|\\$\\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?})?");

    /** The text with all its variables; a problem, and nothing usable, if one is not set and has no default. */
    ConfigNode replace(Origin at, String path, String text, Problems problems) {
        List<String> wrong = new ArrayList<>();
        String replaced = replace(text, wrong::add);
        wrong.forEach(message -> problems.configuration(at, path, message));
        return wrong.isEmpty() ? new ConfigNode.Scalar(at, replaced, text) : new ConfigNode.Unusable(at);
    }

    private String replace(String text, Consumer<String> problem) {
        if (!text.contains("${")) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        Matcher m = REFERENCE.matcher(text);
        while (m.find()) {
            m.appendReplacement(out, Matcher.quoteReplacement(value(m, problem)));
        }
        return m.appendTail(out).toString();
    }

    private String value(Matcher m, Consumer<String> problem) {
        String name = m.group(1);
        if (name == null) {
            if (m.group().equals("${")) {
                problem.accept("'${' must be followed by NAME} or NAME:default}; write $${ for the text itself");
            }
            return "${";
        }
        String value = environment.get(name);
        if (value != null) {
            return value;
        }
        String byDefault = m.group(2);
        if (byDefault == null) {
            problem.accept("the environment variable " + name + " is not set, and there is no default");
            return "";
        }
        return byDefault;
    }
}
