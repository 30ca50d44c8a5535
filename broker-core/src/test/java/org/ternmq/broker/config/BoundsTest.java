package org.ternmq.broker.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.ternmq.spi.DataSize;

/** Every option with bounds takes both of them, and nothing beyond (threats 31: CVE-2024-42644). */
final class BoundsTest {
    /** The records of options, and how one of their keys is written. */
    private static final Map<Class<?>, String> BLOCKS = Map.of(
            Limits.class, "limits: {%s}",
            GuardConfig.class, "guard: {%s}",
            ProtocolConfig.class, "protocol: {%s}",
            StorageConfig.class, "storage: {%s}",
            AuthenticationConfig.class, "authentication: {%s}",
            ListenerConfig.class, "listeners: [{bind: '127.0.0.1:1883', %s}]");

    /** No larger one can be written. */
    private static final long LARGEST_SIZE = 999_999_999_999_999_999L;

    /** One option. */
    record Option(String block, String key, boolean isTime, long min, long max) {
        List<String> complaints(BigInteger value) {
            Problems problems = new Problems();
            BigInteger[] seconds = value.divideAndRemainder(BigInteger.valueOf(1000));
            String time = seconds[1].signum() == 0 ? seconds[0] + "s" : value + "ms";
            String text = block.formatted(key + ": " + (isTime ? time : value));
            BrokerConfig.load(ConfigSource.of("text", text, Path.of("."), List.of(), Map.of(), problems), problems);
            return problems.lines().stream()
                    .filter(line -> line.contains(key + ": "))
                    .toList();
        }

        @Override
        public String toString() {
            return block.formatted(key);
        }
    }

    static Stream<Option> options() {
        return BLOCKS.entrySet().stream()
                .flatMap(block -> Arrays.stream(block.getKey().getRecordComponents())
                        .filter(each -> each.isAnnotationPresent(Rules.Range.class))
                        .map(each -> option(block.getValue(), each)));
    }

    private static Option option(String block, RecordComponent component) {
        Rules.Range range = component.getAnnotation(Rules.Range.class);
        boolean isTime = component.getGenericType().getTypeName().contains(Duration.class.getName());
        long largest = component.getGenericType().getTypeName().contains(DataSize.class.getName())
                ? LARGEST_SIZE
                : component.getType() == int.class ? Integer.MAX_VALUE : Long.MAX_VALUE;
        long max = Math.min(range.max(), largest);
        Rules.Key key = component.getAnnotation(Rules.Key.class);
        String name = key != null
                ? key.value()
                : component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        return new Option(block, name, isTime, range.min(), max);
    }

    @ParameterizedTest
    @MethodSource("options")
    void takesItsBounds(Option option) {
        assertThat(option.complaints(BigInteger.valueOf(option.min()))).isEmpty();
        assertThat(option.complaints(BigInteger.valueOf(option.max()))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("options")
    void takesNothingBelowOrAbove(Option option) {
        assertThat(option.complaints(BigInteger.valueOf(option.min()).subtract(BigInteger.ONE)))
                .isNotEmpty();
        assertThat(option.complaints(BigInteger.valueOf(option.max()).add(BigInteger.ONE)))
                .isNotEmpty();
    }
}
