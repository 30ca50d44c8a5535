package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Programs for Node.js, with what npm fetches for them. */
final class Npm {
    private Npm() {}

    /**
     * Fetches what a program needs, once for all tests of a build.
     *
     * @param folder below src/test and target
     * @param program the file in it
     * @param dependency what it needs
     * @return the program, beside node_modules
     */
    static synchronized Path installed(String folder, String program, String dependency)
            throws IOException, InterruptedException {
        External.program("node");
        External.program("npm");
        Path sources = Path.of("src", "test", folder).toAbsolutePath();
        Path installed = Path.of("target", folder).toAbsolutePath();
        Path lock = installed.resolve("package-lock.json");
        boolean there = Files.exists(installed.resolve("node_modules/" + dependency + "/package.json"))
                && Files.exists(lock)
                && Files.mismatch(sources.resolve("package-lock.json"), lock) < 0;
        Files.createDirectories(installed);
        for (String file : List.of(program, "package.json", "package-lock.json")) {
            Files.copy(sources.resolve(file), installed.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        if (!there) {
            ProcessBuilder npm = new ProcessBuilder("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
                    .directory(installed.toFile());
            TernMq.Result result = TernMq.finish(npm.start(), "", "npm ci");
            assertThat(result.exit()).as("npm ci said: %s", result.all()).isZero();
        }
        return installed.resolve(program);
    }
}
