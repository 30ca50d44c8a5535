package org.ternmq.broker.bridge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** The broker's identity among brokers that are bridged: made at the first start, kept in the data folder. */
public final class BrokerId {
    private static final String FILE = "broker-id";
    private static final String VALID = "[A-Za-z0-9-]{1,64}";

    private BrokerId() {}

    /**
     * The identity that a data folder holds, made if there is none.
     *
     * @throws IOException if the file cannot be read or written, or holds something else
     */
    public static String in(Path data) throws IOException {
        Path file = data.resolve(FILE);
        if (!Files.exists(file)) {
            Path fresh = data.resolve(FILE + ".new");
            Files.writeString(fresh, UUID.randomUUID() + "\n");
            Files.move(fresh, file);
        }
        String id = Files.readString(file).strip();
        if (!id.matches(VALID)) {
            throw new IOException(file + " does not hold an identity: delete it to have one made");
        }
        return id;
    }
}
