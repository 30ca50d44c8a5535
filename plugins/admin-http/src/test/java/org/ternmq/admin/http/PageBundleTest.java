package org.ternmq.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The bundle is kept beside its sources, for machines without npm: here it is seen that they belong together. */
final class PageBundleTest {
    private static final Path SUMS = Path.of("src/main/resources/org/ternmq/admin/http/page.sha256");
    private static final Path SOURCES = Path.of("src/main/web");
    private static final Path BUNDLE = Path.of("src/main/resources/web");

    private static void sums(Path folder, Map<String, String> into) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                if (Files.isDirectory(file)) {
                    if (!file.endsWith("node_modules")) {
                        sums(file, into);
                    }
                } else {
                    byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
                    into.put(file.toString(), HexFormat.of().formatHex(sum));
                }
            }
        }
    }

    @Test
    void theBundleIsWhatItsSourcesGave() throws Exception {
        Map<String, String> said = new TreeMap<>();
        for (String line : Files.readAllLines(SUMS, StandardCharsets.UTF_8)) {
            said.put(line.substring(66), line.substring(0, 64));
        }
        Map<String, String> found = new TreeMap<>();
        sums(SOURCES, found);
        sums(BUNDLE, found);
        assertThat(found)
                .as("changed without 'npm ci && npm run build' in plugins/admin-http/src/main/web")
                .isEqualTo(said);
    }

    @Test
    void nothingOfItIsFetchedFromElsewhereOrStandsInThePage() throws IOException {
        String page = Files.readString(BUNDLE.resolve("index.html"));
        assertThat(page).doesNotContain("http:", "https:", "style=", "<style", "onload");
        assertThat(page).doesNotContainPattern("<script(?![^>]*\\bsrc=)");
        assertThat(Files.readString(BUNDLE.resolve("app.js"))).doesNotContain("https://", "dangerouslySetInnerHTML:");
        assertThat(Files.readString(BUNDLE.resolve("app.css"))).doesNotContain("url(", "@import");
        assertThat(StaticFiles.find("/"))
                .hasValueSatisfying(file -> assertThat(file.contentType()).startsWith("text/html"));
    }
}
