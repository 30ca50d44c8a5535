package org.ternmq.auth.ldap;

import com.unboundid.ldap.sdk.LDAPException;
import java.nio.charset.StandardCharsets;

/** What servers and users say, fit for a line of a log. */
final class Words {
    private static final int LONGEST = 300;

    private Words() {}

    /** What went wrong, in one line. */
    static String of(LDAPException e) {
        String message = e.getMessage();
        return message == null || message.isBlank()
                ? e.getResultCode().getName()
                : e.getResultCode().getName() + " (" + oneLine(message) + ")";
    }

    /** The same of a bind, without the password: a server may say anything. */
    static String of(LDAPException e, byte[] password) {
        String words = of(e);
        return words.contains(new String(password, StandardCharsets.UTF_8))
                ? e.getResultCode().getName()
                : words;
    }

    /** Without control characters, and not too long. */
    static String oneLine(String text) {
        String line = text.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
    }
}
