package org.ternmq.bridge.kafka;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.ternmq.spi.ConfigurationException;

/** A text with variables such as {@code {topic}}. Immutable. */
final class Template {
    private record Part(String text, boolean variable) {}

    /** That a variable has no value. */
    static final class Missing extends Exception {
        private static final long serialVersionUID = 1L;

        Missing(String variable) {
            super("there is no {" + variable + "}", null, false, false);
        }
    }

    private final String source;
    private final List<Part> parts;

    private Template(String source, List<Part> parts) {
        this.source = source;
        this.parts = List.copyOf(parts);
    }

    /**
     * Reads a template.
     *
     * @param known whether there is a variable of a name
     * @throws ConfigurationException if a brace is not closed or a variable is not known
     */
    static Template parse(String source, Predicate<String> known) {
        List<Part> parts = new ArrayList<>();
        int at = 0;
        while (at < source.length()) {
            int open = source.indexOf('{', at);
            if (open != at) {
                int end = open < 0 ? source.length() : open;
                String text = source.substring(at, end);
                if (text.indexOf('}') >= 0) {
                    throw new ConfigurationException("'" + source + "' has a } without a {");
                }
                parts.add(new Part(text, false));
                at = end;
                continue;
            }
            int close = source.indexOf('}', open);
            if (close < 0) {
                throw new ConfigurationException("'" + source + "' has a { without a }");
            }
            String name = source.substring(open + 1, close);
            if (!known.test(name)) {
                throw new ConfigurationException("'" + source + "': there is no variable {" + name + "} here");
            }
            parts.add(new Part(name, true));
            at = close + 1;
        }
        return new Template(source, parts);
    }

    /** Whether it has no variables. */
    boolean isFixed() {
        return parts.stream().noneMatch(Part::variable);
    }

    /**
     * The text with the values of its variables.
     *
     * @throws Missing if one has none
     */
    String fill(Function<String, Optional<String>> values) throws Missing {
        if (parts.size() == 1 && !parts.get(0).variable) {
            return parts.get(0).text;
        }
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            text.append(part.variable ? values.apply(part.text).orElseThrow(() -> new Missing(part.text)) : part.text);
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return source;
    }
}
