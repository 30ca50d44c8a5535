package org.ternmq.broker.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConfigChangesTest {
    private static List<String> between(String before, String after) {
        return ConfigChanges.between(place(before), place(after));
    }

    private static Place place(String yaml) {
        Problems problems = new Problems();
        Place place = ConfigSource.of("t", yaml, Path.of(""), List.of(), Map.of(), problems)
                .place();
        assertThat(problems.lines()).isEmpty();
        return place;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a: 1                    | a: 2                | a",
                "a: {b: 1, c: 2}         | a: {b: 1, c: 3}     | a.c",
                "a: {b: 1}               | a: {}               | a.b",
                "b: 1                    | {b: 1, a: {c: 2}}   | a.c",
                "a: [1, 2]               | a: [1, 3]           | a[1]",
                "a: [{t: x}]             | a: [{t: x}, {t: y}] | a[1]",
                "a: [1]                  | a: {b: 1}           | a",
            })
    void namesTheInnermostPlace(String before, String after, String path) {
        assertThat(between(before, after)).containsExactly(path);
    }

    @Test
    void theFormOfTheFileIsNoChange() {
        assertThat(between("{a: 1, b: [x]}", "# new\n\nb:\n  - 'x'\na: \"1\"\n"))
                .isEmpty();
        assertThat(between("a:", "a: {}")).isEmpty();
        assertThat(between("", "a:")).isEmpty();
    }
}
