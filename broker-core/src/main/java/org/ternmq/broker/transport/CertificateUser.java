package org.ternmq.broker.transport;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;
import org.ternmq.broker.config.TlsConfig.UserName;

/** The user name in a client's certificate. */
final class CertificateUser {
    private static final int EMAIL = 1;
    private static final int DNS = 2;
    private static final int URI = 6;
    private static final Set<Integer> NAMES = Set.of(EMAIL, DNS, URI);

    private CertificateUser() {}

    /**
     * The chosen part of a verified certificate.
     *
     * @return empty if it has no such part, more than one, or one with control characters: then nobody can tell who it is
     */
    static Optional<String> of(X509Certificate certificate, UserName part) {
        List<String> names = switch (part) {
            case NONE -> List.of();
            case CN -> commonNames(certificate.getSubjectX500Principal());
            case SAN -> alternativeNames(certificate);
            case SUBJECT -> List.of(certificate.getSubjectX500Principal().getName(X500Principal.RFC2253));
        };
        if (names.size() != 1) {
            return Optional.empty();
        }
        String name = names.get(0);
        // U+0000 and its like have hidden what a name goes on with from those who compare it.
        return name.isBlank() || name.chars().anyMatch(Character::isISOControl) ? Optional.empty() : Optional.of(name);
    }

    private static List<String> commonNames(X500Principal subject) {
        List<String> names = new ArrayList<>();
        try {
            for (Rdn part : new LdapName(subject.getName(X500Principal.RFC2253)).getRdns()) {
                if (part.getType().equalsIgnoreCase("CN")) {
                    names.add(part.getValue() instanceof String text ? text : "");
                }
            }
        } catch (InvalidNameException e) {
            return List.of();
        }
        return names;
    }

    private static List<String> alternativeNames(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            for (List<?> each : all == null ? List.<List<?>>of() : all) {
                if (NAMES.contains(each.get(0)) && each.get(1) instanceof String name) {
                    names.add(name);
                }
            }
        } catch (CertificateParsingException e) {
            return List.of();
        }
        return names;
    }
}
