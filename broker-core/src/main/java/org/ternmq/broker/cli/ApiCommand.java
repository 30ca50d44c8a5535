package org.ternmq.broker.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.ternmq.broker.StartException.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that asks a running broker: exit code 0 if it did what was asked, 1 if not. */
abstract class ApiCommand implements Callable<Integer> {
    static final int REFUSED = 1;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private ApiOptions api;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private DataOptions data;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    /** What is asked. */
    interface Work {
        /** Asks, and writes what comes. */
        void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused;
    }

    /** Asks, and writes what comes. */
    abstract void run(ApiOptions broker, PrintWriter out) throws ApiOptions.Refused;

    @Override
    public final Integer call() {
        return call(spec, api, data, this::run);
    }

    /** Asks, and says what is wrong if something is; the status for the process. */
    static int call(CommandSpec spec, ApiOptions api, DataOptions data, Work work) {
        api.data(data::folder);
        PrintWriter out = spec.commandLine().getOut();
        try {
            work.run(api, out);
            out.flush();
            return 0;
        } catch (ApiOptions.Refused e) {
            spec.commandLine().getErr().println("ternmq: " + LogSetup.escape(String.valueOf(e.getMessage())));
            return REFUSED;
        }
    }

    /** Query parameters; one that is empty is left out. */
    static Map<String, String> query(String... namesAndValues) {
        Map<String, String> query = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            if (!namesAndValues[i + 1].isEmpty()) {
                query.put(namesAndValues[i], namesAndValues[i + 1]);
            }
        }
        return query;
    }

    /** A list as a table of some of the fields, {@code a.b} for one within another; or line by line as JSON. */
    static void table(ApiOptions broker, PrintWriter out, List<Map<String, Object>> rows, String... columns) {
        if (broker.json()) {
            rows.forEach(row -> out.println(ApiOptions.json(row)));
            return;
        }
        List<List<String>> cells = rows.stream()
                .map(row -> List.of(columns).stream().map(c -> cell(row, c)).toList())
                .toList();
        int[] widths = new int[columns.length];
        for (int i = 0; i < columns.length; i++) {
            int column = i;
            widths[i] = Math.max(
                    columns[i].length(),
                    cells.stream()
                            .mapToInt(row -> row.get(column).length())
                            .max()
                            .orElse(0));
        }
        line(out, widths, List.of(columns));
        cells.forEach(row -> line(out, widths, row));
    }

    private static String cell(Map<String, Object> row, String column) {
        Object value = row;
        for (String name : column.split("\\.", -1)) {
            value = ApiOptions.fields(value).get(name);
        }
        return value == null ? "-" : LogSetup.escape(String.valueOf(value));
    }

    private static void line(PrintWriter out, int[] widths, List<String> cells) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            text.append(cells.get(i)).append(" ".repeat(widths[i] - cells.get(i).length() + 2));
        }
        out.println(text.toString().stripTrailing());
    }

    /** The fields of one thing. */
    static void show(ApiOptions broker, PrintWriter out, String body) throws ApiOptions.Refused {
        if (broker.json()) {
            out.println(body);
        } else {
            show(out, "", ApiOptions.map(body));
        }
    }

    private static void show(PrintWriter out, String prefix, Map<String, Object> fields) {
        fields.forEach((name, value) -> {
            if (value instanceof Map<?, ?>) {
                show(out, prefix + name + ".", ApiOptions.fields(value));
            } else {
                out.println(prefix + LogSetup.escape(name + ": " + value));
            }
        });
    }

    /** A command that only has others. */
    abstract static class Group implements Callable<Integer> {
        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public final Integer call() {
            spec.commandLine().usage(spec.commandLine().getErr());
            return ExitCode.CONFIGURATION.status();
        }
    }
}
