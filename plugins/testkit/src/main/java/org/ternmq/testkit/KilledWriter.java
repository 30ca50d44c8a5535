package org.ternmq.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Constructor;
import java.nio.file.Path;
import org.ternmq.spi.Storage;

/** The process that writes until it is killed. */
final class KilledWriter {
    /** In front of each number, as a plugin may print to the same place. */
    static final String WRITTEN = "written ";

    private KilledWriter() {}

    /**
     * Opens a storage as a conformance test would, and writes.
     *
     * @param arguments the test's class, and the folder
     * @throws Exception ends the process
     */
    public static void main(String[] arguments) throws Exception {
        endWithParent();
        Constructor<? extends StorageFixture> test =
                Class.forName(arguments[0]).asSubclass(StorageFixture.class).getDeclaredConstructor();
        test.setAccessible(true);
        try (TestPluginContext context = test.newInstance().context(Path.of(arguments[1]));
                // Not buffered: a number is with the reader when write() returns, and stays there when this process
                // dies.
                OutputStream out = new FileOutputStream(FileDescriptor.out)) {
            Storage storage = test.newInstance().factory().open(context, NumberedGroups.KEYSPACES);
            for (long number = NumberedGroups.check(storage) + 1; ; number++) {
                NumberedGroups.write(storage, number);
                out.write((WRITTEN + number + "\n").getBytes(US_ASCII));
            }
        }
    }

    /** The parent holds the other end of this process's input. */
    private static void endWithParent() {
        Thread watch = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            // nobody writes there
                        }
                    } catch (IOException e) {
                        // as good as the end
                    }
                    Runtime.getRuntime().halt(1);
                },
                "parent-watch");
        watch.setDaemon(true);
        watch.start();
    }
}
