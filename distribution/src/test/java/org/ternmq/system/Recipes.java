package org.ternmq.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The recipes of docs/bridges.md, for tests that do as they say. */
final class Recipes {
    private Recipes() {}

    /** The YAML that follows the first word of a recipe. */
    static String bridges(String title) throws IOException {
        String page = Files.readString(Path.of(System.getProperty("ternmq.checkout", ".."), "docs", "bridges.md"));
        Matcher block = Pattern.compile(
                        "\\n\\*\\*" + Pattern.quote(title) + "\\.\\*\\*.*?\\n```yaml\\n(.*?)```\\n", Pattern.DOTALL)
                .matcher(page);
        if (!block.find()) {
            throw new AssertionError("docs/bridges.md has no recipe '" + title + "'");
        }
        return block.group(1);
    }
}
