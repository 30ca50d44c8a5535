package org.ternmq.audit.log;

import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Writes as {@code \}{@code uXXXX} whatever a terminal or a reader could take for something else than a character to show:
 * controls, C1 among them, line and paragraph separators, marks that turn the direction of writing, characters of no width,
 * and those that nobody has assigned.
 */
final class SafeEscapes extends CharacterEscapes {
    private static final long serialVersionUID = 1L;
    private static final int DELETE = 0x7F;

    private final int[] ascii = standardAsciiEscapesForJSON();

    SafeEscapes() {
        ascii[DELETE] = ESCAPE_STANDARD;
    }

    @Override
    public int[] getEscapeCodesForAscii() {
        return ascii.clone();
    }

    /** Asked for each character above ASCII; those outside the BMP are escaped by the generator itself. */
    @Override
    public @Nullable SerializableString getEscapeSequence(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.PRIVATE_USE,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> new SerializedString(String.format(Locale.ROOT, "\\u%04X", c));
            default -> null;
        };
    }
}
