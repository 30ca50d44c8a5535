package org.ternmq.auth.ldap;

import com.unboundid.ldap.sdk.DN;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.RDN;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A DN with {@code {username}} in some of its values. It is taken apart before a name is put in, so that no name can add or
 * end a part of it (RFC 4514).
 */
final class DnTemplate {
    private final List<RDN> parts;

    private DnTemplate(List<RDN> parts) {
        this.parts = parts;
    }

    /**
     * Reads a template.
     *
     * @throws IllegalArgumentException says what is wrong with it
     */
    static DnTemplate parse(String template) {
        List<RDN> parts = List.of(checkDn(template).getRDNs());
        boolean uses = false;
        for (RDN part : parts) {
            uses |= hasPlaceholder(part);
            for (String name : part.getAttributeNames()) {
                if (Placeholder.USERNAME.isIn(name)) {
                    throw new IllegalArgumentException("'" + template + "' has {username} outside of a value");
                }
            }
        }
        if (!uses) {
            throw new IllegalArgumentException("'" + template + "' has no {username}");
        }
        return new DnTemplate(parts);
    }

    /**
     * Reads a DN.
     *
     * @throws IllegalArgumentException if it is none
     */
    static DN checkDn(String dn) {
        try {
            return new DN(dn);
        } catch (LDAPException e) {
            throw new IllegalArgumentException("'" + dn + "' is no DN: " + e.getMessage(), e);
        }
    }

    private static boolean hasPlaceholder(RDN part) {
        return Arrays.stream(part.getAttributeValues()).anyMatch(Placeholder.USERNAME::isIn);
    }

    /** The DN for a name. */
    DN of(String username) {
        List<RDN> filled = new ArrayList<>();
        for (RDN part : parts) {
            String[] values = part.getAttributeValues();
            for (int i = 0; i < values.length; i++) {
                values[i] = values[i].replace(Placeholder.USERNAME.toString(), username);
            }
            filled.add(new RDN(part.getAttributeNames(), values));
        }
        return new DN(filled);
    }

    /**
     * Whether an entry's own DN has the name as it was given: a directory takes {@code ALICE} and {@code alice} for the same
     * user, access rules do not.
     */
    boolean isExactly(DN entry, String username) {
        RDN[] theirs = entry.getRDNs();
        RDN[] ours = of(username).getRDNs();
        if (theirs.length != ours.length) {
            return false;
        }
        for (int i = 0; i < ours.length; i++) {
            if (hasPlaceholder(parts.get(i))
                    && !List.of(theirs[i].getAttributeValues()).containsAll(List.of(ours[i].getAttributeValues()))) {
                return false;
            }
        }
        return true;
    }
}
