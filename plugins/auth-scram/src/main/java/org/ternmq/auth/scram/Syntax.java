package org.ternmq.auth.scram;

import com.ongres.saslprep.SASLprep;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The parts that SCRAM's messages are made of (RFC 5802 7). */
final class Syntax {
    /** No honest message comes near it. */
    static final int MAX_MESSAGE_BYTES = 4096;

    private static final SASLprep SASLPREP = new SASLprep();

    private Syntax() {}

    /** A message as text, which it must be. */
    static String text(ByteBuffer data) throws MalformedException {
        if (data.remaining() > MAX_MESSAGE_BYTES) {
            throw new MalformedException("a message of " + data.remaining() + " bytes, more than " + MAX_MESSAGE_BYTES);
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(data).toString();
            if (text.indexOf('\0') >= 0) {
                throw new MalformedException("a message with U+0000");
            }
            return text;
        } catch (CharacterCodingException e) {
            throw new MalformedException("a message that is not UTF-8");
        }
    }

    /** The value of the attribute that has to stand in this place. */
    static String value(String[] attributes, int place, char name) throws MalformedException {
        if (place >= attributes.length || attributes[place].length() < 3 || !attributes[place].startsWith(name + "=")) {
            throw new MalformedException("the attribute '" + name + "' is missing, empty or out of its place");
        }
        return attributes[place].substring(2);
    }

    /** Lets extensions pass that may be ignored (RFC 5802 5.1), from one place up to before another. */
    static void skipExtensions(String[] attributes, int from, int to) throws MalformedException {
        for (int i = from; i < to; i++) {
            refuseMandatoryExtension(attributes[i]);
            if (!attributes[i].matches("(?s)[A-Za-z]=.+")) {
                throw new MalformedException("an extension that is no attribute");
            }
        }
    }

    /** RFC 5802 5.1: a mandatory extension that is not known, and none is, fails the authentication. */
    static void refuseMandatoryExtension(String attribute) throws MalformedException {
        if (attribute.startsWith("m=")) {
            throw new MalformedException("a mandatory extension; none is known here");
        }
    }

    /** A nonce: printable ASCII but for the comma. */
    static String nonce(String text) throws MalformedException {
        if (text.chars().anyMatch(c -> c < 0x21 || c > 0x7E)) {
            throw new MalformedException("a nonce that is not printable ASCII");
        }
        return text;
    }

    /** A {@code saslname}: ',' is written {@code =2C}, '=' is written {@code =3D}; then prepared. */
    static String saslName(String text) throws MalformedException {
        StringBuilder name = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '=') {
                name.append(c);
            } else if (text.startsWith("2C", i + 1)) {
                name.append(',');
                i += 2;
            } else if (text.startsWith("3D", i + 1)) {
                name.append('=');
                i += 2;
            } else {
                throw new MalformedException("a name with '=' that is followed by neither 2C nor 3D");
            }
        }
        return prepare(name.toString());
    }

    /** SASLprep (RFC 4013) of a name, as a query: RFC 5802 5.1. */
    static String prepare(String name) throws MalformedException {
        String prepared;
        try {
            prepared = SASLPREP.prepareQuery(name);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("a name with characters that SASLprep prohibits");
        } catch (IndexOutOfBoundsException e) {
            prepared = ""; // the library stumbles where it maps all of a text to nothing
        }
        if (prepared.isEmpty()) {
            throw new MalformedException("a name of which SASLprep leaves nothing");
        }
        return prepared;
    }

    /** Base64 in its one spelling: padded, no stray bits, nothing in between. */
    static byte[] base64(String text) throws MalformedException {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("not Base64");
        }
        if (!Base64.getEncoder().encodeToString(bytes).equals(text)) {
            throw new MalformedException("not whole Base64");
        }
        return bytes;
    }
}
