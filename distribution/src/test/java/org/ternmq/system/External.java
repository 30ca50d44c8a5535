package org.ternmq.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Programs of others that may be installed. */
final class External {
    private External() {}

    /**
     * The path of a program. If it is missing the test is skipped and says so; with TERNMQ_REQUIRE_EXTERNAL=1 in the
     * environment it fails.
     */
    static String program(String name) {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
        Optional<Path> there = Stream.of(path.split(File.pathSeparator))
                .map(folder -> Path.of(folder).resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
        if (there.isEmpty()) {
            String words = name + " is not installed, so nothing was tried with it";
            if ("1".equals(System.getenv("TERNMQ_REQUIRE_EXTERNAL"))) {
                throw new AssertionError(words);
            }
            System.err.println(words);
            assumeTrue(false, words);
        }
        return there.orElseThrow().toString();
    }
}
