package org.ternmq.storage.mapdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.ternmq.spi.StorageException;

/**
 * The tables of a store at one time. What was written later is in the logs of this number and above.
 *
 * <p>In a file of text that is made at once and never changed, so that who has a broken store can read what belongs together.
 *
 * @param number counts the logs
 * @param tables the newest first
 */
record Generation(long number, List<TableInfo> tables) {
    private static final String HEAD = "TernMQ storage mapdb, format ";
    private static final int FORMAT = 1;
    private static final Pattern TABLE = Pattern.compile(
            "table (\\d{1,18}) length=(\\d{1,18}) crc32c=([0-9a-f]{8}) entries=(\\d{1,18}) removals=(\\d{1,18})");

    /** A file that is not what {@link #write} makes. */
    static final class DamagedException extends Exception {
        private static final long serialVersionUID = 1L;

        DamagedException(String message) {
            super(message);
        }
    }

    void write(Folder folder) throws IOException {
        StringBuilder text = new StringBuilder(HEAD).append(FORMAT).append('\n');
        for (TableInfo table : tables) {
            text.append("table ").append(table.number());
            text.append(" length=").append(table.length());
            text.append(" crc32c=").append(hex(table.crc()));
            text.append(" entries=").append(table.entries());
            text.append(" removals=").append(table.removals()).append('\n');
        }
        String whole = text + "crc32c " + hex(crc(text.toString())) + "\n";
        folder.create(folder.generation(number), whole.getBytes(UTF_8));
    }

    /**
     * Reads one.
     *
     * @throws DamagedException if it is not whole
     * @throws StorageException if it is of another format
     */
    static Generation read(long number, Path file) throws IOException, DamagedException {
        String text = new String(Files.readAllBytes(file), UTF_8);
        String head = text.lines().findFirst().orElse("");
        if (head.startsWith(HEAD) && !head.equals(HEAD + FORMAT)) {
            throw new StorageException(file + " is of format " + head.substring(HEAD.length())
                    + "; this version of the plugin reads format " + FORMAT
                    + ". Start the version that wrote it, or begin with an empty folder (--data)");
        }
        int end = text.lastIndexOf("crc32c ");
        if (end < 0 || !text.substring(end).equals("crc32c " + hex(crc(text.substring(0, end))) + "\n")) {
            throw new DamagedException(file + " is damaged");
        }
        List<TableInfo> tables = new ArrayList<>();
        for (String line : text.substring(0, end).lines().skip(1).toList()) {
            Matcher m = TABLE.matcher(line);
            if (!m.matches()) {
                throw new DamagedException(file + " is damaged");
            }
            tables.add(new TableInfo(
                    Long.parseLong(m.group(1)),
                    Long.parseLong(m.group(2)),
                    Integer.parseUnsignedInt(m.group(3), 16),
                    Long.parseLong(m.group(4)),
                    Long.parseLong(m.group(5))));
        }
        return new Generation(number, List.copyOf(tables));
    }

    private static int crc(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(UTF_8));
        return (int) crc.getValue();
    }

    private static String hex(int crc) {
        return HexFormat.of().toHexDigits(crc);
    }
}
