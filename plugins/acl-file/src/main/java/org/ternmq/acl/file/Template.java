package org.ternmq.acl.file;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.TopicFilter;

/**
 * A topic filter in which {@code %u}, {@code %c} and {@code %{name}} stand for the user name, the client identifier and an
 * attribute of the client. Immutable.
 *
 * <p>What is put in is chosen by the client, or by whoever named it. So it is put in only where it makes part of one level and
 * nothing else: a value that is missing, empty or holds {@code /}, {@code +}, {@code #} or U+0000 is unfit, and so is one that
 * would make the first level begin with {@code $}, where the broker's own topics are.
 */
final class Template {
    /** More levels than this are a mistake; it also bounds how deep an index is. */
    static final int MAX_LEVELS = 200;

    private sealed interface Part {}

    private record Text(String text) implements Part {}

    private record Value(Function<ClientInfo, Optional<String>> of) implements Part {}

    /**
     * What a template is for one client.
     *
     * @param filter the topic filter; if a value is unfit, that of everything that the template could have meant, empty if
     *     this is every topic there is
     * @param fits whether all values were fit
     */
    record Filled(String filter, boolean fits) {}

    private final String text;
    private final List<List<Part>> levels;
    private final boolean fixed;

    private Template(String text, List<List<Part>> levels) {
        this.text = text;
        this.levels = levels;
        this.fixed = levels.stream().flatMap(List::stream).allMatch(Text.class::isInstance);
    }

    /**
     * A topic filter that is meant as it is written.
     *
     * @throws IllegalArgumentException if it is no topic filter; the message says why
     */
    static Template literal(String filter) {
        List<List<Part>> levels = new ArrayList<>();
        for (String level : filter.split("/", -1)) {
            levels.add(List.of(new Text(level)));
        }
        return checked(filter, filter, levels);
    }

    /**
     * A topic filter with {@code %u}, {@code %c}, {@code %{name}}, and {@code %%} for a percent sign.
     *
     * @throws IllegalArgumentException if it is no topic filter, or has another {@code %}; the message says why
     */
    static Template parse(String filter) {
        return new Parser(filter, true).parse();
    }

    /**
     * A pattern of Mosquitto: {@code %u} and {@code %c} alone mean something.
     *
     * @throws IllegalArgumentException if it is no topic filter; the message says why
     */
    static Template pattern(String filter) {
        return new Parser(filter, false).parse();
    }

    private static Template checked(String text, String sample, List<List<Part>> levels) {
        TopicFilter.parse(sample);
        if (levels.size() > MAX_LEVELS) {
            throw new IllegalArgumentException("more than " + MAX_LEVELS + " levels");
        }
        return new Template(text, List.copyOf(levels));
    }

    /** Takes a text apart. Used once. */
    private static final class Parser {
        private final String filter;
        private final boolean attributes;
        private final List<List<Part>> levels = new ArrayList<>();
        private final StringBuilder plain = new StringBuilder();
        /** The filter with a letter for each value: is it a filter at all? */
        private final StringBuilder sample = new StringBuilder();

        private List<Part> level = new ArrayList<>();

        Parser(String filter, boolean attributes) {
            this.filter = filter;
            this.attributes = attributes;
        }

        Template parse() {
            for (int i = 0; i < filter.length(); i++) {
                char c = filter.charAt(i);
                if (c == '/') {
                    endText();
                    levels.add(List.copyOf(level));
                    level = new ArrayList<>();
                    sample.append(c);
                } else if (c == '%') {
                    i = percent(i);
                } else {
                    plain.append(c);
                    sample.append(c);
                }
            }
            endText();
            levels.add(List.copyOf(level));
            return checked(filter, sample.toString(), levels);
        }

        /** What follows a percent sign; the index of its last character. */
        private int percent(int at) {
            char next = at + 1 < filter.length() ? filter.charAt(at + 1) : ' ';
            if (next == 'u') {
                value(ClientInfo::username);
                return at + 1;
            } else if (next == 'c') {
                value(client -> Optional.of(client.clientId()));
                return at + 1;
            } else if (!attributes) {
                plain.append('%');
                sample.append('%');
                return at;
            } else if (next == '%') {
                plain.append('%');
                sample.append('%');
                return at + 1;
            }
            int end = filter.indexOf('}', at);
            if (next != '{' || end < 0 || end == at + 2) {
                throw new IllegalArgumentException(
                        "'%' begins %u, %c or %{attribute}; write %% for a percent sign itself");
            }
            String name = filter.substring(at + 2, end);
            value(client -> Optional.ofNullable(client.attributes().get(name)));
            return end;
        }

        private void value(Function<ClientInfo, Optional<String>> of) {
            endText();
            level.add(new Value(of));
            sample.append('x');
        }

        private void endText() {
            if (!plain.isEmpty()) {
                level.add(new Text(plain.toString()));
                plain.setLength(0);
            }
        }
    }

    /** Whether it is the same for every client. */
    boolean isFixed() {
        return fixed;
    }

    /** Puts in what stands for this client. */
    Filled fill(ClientInfo client) {
        StringBuilder filter = new StringBuilder();
        for (int i = 0; i < levels.size(); i++) {
            int begin = filter.length() + (i == 0 ? 0 : 1);
            if (i > 0) {
                filter.append('/');
            }
            for (Part part : levels.get(i)) {
                if (part instanceof Text plain) {
                    filter.append(plain.text());
                    continue;
                }
                String value = ((Value) part).of().apply(client).orElse("");
                boolean leading = filter.length() == 0;
                if (!isFit(value) || (leading && value.charAt(0) == '$')) {
                    filter.setLength(begin);
                    return new Filled(i == 0 ? "" : filter.append('#').toString(), false);
                }
                filter.append(value);
            }
        }
        return new Filled(filter.toString(), true);
    }

    /** Whether a value can stand for one level, or for a part of one. */
    static boolean isFit(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '/' || c == '+' || c == '#' || c == 0) {
                return false;
            }
        }
        return !value.isEmpty();
    }

    /** As it is written. */
    @Override
    public String toString() {
        return text;
    }
}
