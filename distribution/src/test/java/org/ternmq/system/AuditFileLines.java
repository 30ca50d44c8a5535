package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/** The audit log of a broker, read strictly: every line is one flat object of JSON with every field once, all in ASCII. */
record AuditFileLines(Path file) {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** All lines that are whole. */
    List<Map<String, String>> all() throws IOException {
        String text = Files.readString(file);
        List<Map<String, String>> lines = new ArrayList<>();
        for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
            assertThat(line.chars()).allMatch(c -> c >= ' ' && c < 127);
            lines.add(object(line));
        }
        return lines;
    }

    /** Waits for a line. */
    Map<String, String> await(Predicate<Map<String, String>> wanted) {
        return Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> find(wanted), line -> !line.isEmpty());
    }

    private Map<String, String> find(Predicate<Map<String, String>> wanted) throws IOException {
        return all().stream().filter(wanted).findFirst().orElse(Map.of());
    }

    private static Map<String, String> object(String line) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        try (JsonParser parser = JSON.createParser(line)) {
            assertThat(parser.nextToken()).isEqualTo(JsonToken.START_OBJECT);
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                assertThat(parser.nextToken().isScalarValue()).as(line).isTrue();
                fields.put(name, parser.getText());
            }
            assertThat(parser.currentToken()).as(line).isEqualTo(JsonToken.END_OBJECT);
            assertThat(parser.nextToken()).as(line).isNull();
        }
        return fields;
    }
}
