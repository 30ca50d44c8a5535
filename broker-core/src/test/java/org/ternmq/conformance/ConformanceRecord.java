package org.ternmq.conformance;

import java.util.Locale;

/**
 * That a test, run once, has proved a statement or not; a line of the files in {@code target/conformance}.
 *
 * @param id as the test names it, so perhaps none of the standard's
 * @param test class and method
 */
record ConformanceRecord(Standard standard, String id, String test, Result result) {
    enum Result {
        PASSED,
        FAILED,
        SKIPPED
    }

    String line() {
        return String.join("\t", standard.key(), id, test, result.name().toLowerCase(Locale.ROOT));
    }

    static ConformanceRecord parse(String line) {
        String[] fields = line.split("\t", -1);
        if (fields.length != 4) {
            throw new IllegalArgumentException("not a record of four fields: " + line);
        }
        return new ConformanceRecord(
                Standard.of(fields[0]), fields[1], fields[2], Result.valueOf(fields[3].toUpperCase(Locale.ROOT)));
    }
}
