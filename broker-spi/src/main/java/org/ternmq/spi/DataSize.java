package org.ternmq.spi;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount of bytes as the configuration writes it.
 *
 * @param bytes 0 or more
 */
public record DataSize(long bytes) implements Comparable<DataSize> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,18})\\s?(B|KiB|MiB|GiB|TiB)?");

    /**
     * Checks the range.
     *
     * @param bytes the amount
     * @throws IllegalArgumentException if the amount is negative
     */
    public DataSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("negative size " + bytes);
        }
    }

    /**
     * Reads {@code 512}, {@code 64KiB}, {@code 10MiB}, {@code 1GiB} or {@code 1TiB}.
     *
     * @param text what is written
     * @return the size
     * @throws IllegalArgumentException if the text has another form or the amount does not fit in a long
     */
    public static DataSize parse(String text) {
        Matcher m = FORM.matcher(text.trim());
        if (!m.matches()) {
            throw new IllegalArgumentException("not a size: '" + text + "' (write 512, 64KiB, 10MiB or 1GiB)");
        }
        String unit = m.group(2);
        int shift = unit == null
                ? 0
                : switch (unit) {
                    case "KiB" -> 10;
                    case "MiB" -> 20;
                    case "GiB" -> 30;
                    case "TiB" -> 40;
                    default -> 0;
                };
        long amount = Long.parseLong(m.group(1));
        if (amount > Long.MAX_VALUE >> shift) {
            throw new IllegalArgumentException("size '" + text + "' is too large");
        }
        return new DataSize(amount << shift);
    }

    @Override
    public int compareTo(DataSize other) {
        return Long.compare(bytes, other.bytes);
    }

    @Override
    public String toString() {
        String[] units = {"TiB", "GiB", "MiB", "KiB"};
        for (int i = 0; i < units.length; i++) {
            int shift = 40 - 10 * i;
            if (bytes != 0 && bytes % (1L << shift) == 0) {
                return String.format(Locale.ROOT, "%d%s", bytes >> shift, units[i]);
            }
        }
        return Long.toString(bytes);
    }
}
