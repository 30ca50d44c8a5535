package org.ternmq.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StaticFilesTest {
    @Test
    void servesWhatIsInTheFolderOfThePage() throws IOException {
        assertThat(StaticFiles.find("/test-page.html"))
                .hasValueSatisfying(file -> assertThat(file.contentType()).startsWith("text/html"));
    }

    @Test
    void thePageConnectsToItsOwnHostOnly() {
        assertThat(StaticFiles.contentSecurityPolicy("broker.example"))
                .contains("frame-ancestors 'none'")
                .endsWith("connect-src 'self' ws://broker.example:* wss://broker.example:*")
                .doesNotContain("unsafe");
        for (String host : new String[] {"", "[::1]", "a; script-src *", "*", "a b", "-", "a:1"}) {
            assertThat(StaticFiles.contentSecurityPolicy(host)).as(host).endsWith("connect-src 'self'");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../org/ternmq/admin/http/openapi.yaml",
                "/..%2Ftest-page.html",
                "//test-page.html",
                "/./test-page.html",
                "/test-page.html/",
                "/none.html",
                "/META-INF/MANIFEST.MF",
                "/a\\..\\test-page.html",
                "/.hidden.html",
                ""
            })
    void servesNothingElse(String path) throws IOException {
        assertThat(StaticFiles.find(path)).isEmpty();
    }
}
