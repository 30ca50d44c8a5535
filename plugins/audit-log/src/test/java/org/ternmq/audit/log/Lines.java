package org.ternmq.audit.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads strictly what the plugin writes: each line is one flat object with every field once, and each ends. */
final class Lines {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private Lines() {}

    static List<Map<String, String>> of(Path file) throws IOException {
        String text = StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
                .toString();
        if (!text.isEmpty() && !text.endsWith("\n")) {
            throw new AssertionError("no line feed at the end");
        }
        List<Map<String, String>> lines = new ArrayList<>();
        for (String line : text.split("\n")) {
            if (!line.isEmpty()) {
                lines.add(object(line));
            }
        }
        return lines;
    }

    static Map<String, String> object(String line) {
        Map<String, String> fields = new LinkedHashMap<>();
        try (JsonParser parser = JSON.createParser(line)) {
            expect(parser, JsonToken.START_OBJECT, line);
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (!parser.nextToken().isScalarValue()) {
                    throw new AssertionError("not flat: " + line);
                }
                fields.put(name, parser.getText());
            }
            if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
                throw new AssertionError("not one object: " + line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("not JSON: " + line, e);
        }
        return fields;
    }

    private static void expect(JsonParser parser, JsonToken token, String line) throws IOException {
        if (parser.nextToken() != token) {
            throw new AssertionError("no " + token + " in: " + line);
        }
    }
}
