package org.ternmq.broker.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.Default;

/**
 * TLS of one listener. What its files hold is read by {@link TlsFiles}.
 *
 * @param certificate PEM: the server's certificate, then those that lead to its root
 * @param key PEM: its private key
 * @param keyPassword of the private key, if it is encrypted
 * @param keystore PKCS12, in place of certificate and key
 * @param keystorePassword of the key store
 * @param protocols the versions that are spoken
 * @param ciphers the only cipher suites, by their standard names; the library's choice if empty
 * @param clientAuth whether clients show a certificate
 * @param clientCa PEM: who issued the clients' certificates
 * @param clientCrl PEM: what they revoked; one list of each issuer, or nobody gets in
 * @param userName the part of a client's certificate that is its user name
 * @param provider who does the cryptography
 * @param handshakeTimeout for the TLS handshake; the CONNECT packet has the rest of the connect timeout
 * @param place where it is written
 */
public record TlsConfig(
        Optional<Path> certificate,
        Optional<Path> key,
        Optional<String> keyPassword,
        Optional<Path> keystore,
        Optional<String> keystorePassword,
        @Default("[TLSv1.2, TLSv1.3]") List<String> protocols,
        List<String> ciphers,
        @Default("none") ClientAuth clientAuth,
        Optional<Path> clientCa,
        Optional<Path> clientCrl,
        @Default("none") UserName userName,
        @Default("auto") Provider provider,

        @Default("10s") @Rules.Range(min = 1, max = 3_600_000)
        Duration handshakeTimeout,

        Place place) {
    /** Whether clients show a certificate. */
    public enum ClientAuth {
        /** They are not asked. */
        NONE,
        /** They may; one that is shown must be good. */
        OPTIONAL,
        /** They must. */
        REQUIRED
    }

    /** The part of a client's certificate that is its user name, proven without a password. */
    public enum UserName {
        /** None: the certificate says nothing about the user. */
        NONE,
        /** The common name of the subject. */
        CN,
        /** The alternative name of the subject: e-mail address, DNS name or URI. */
        SAN,
        /** The whole subject, as RFC 2253 writes it. */
        SUBJECT
    }

    /** Who does the cryptography. */
    public enum Provider {
        /** OpenSSL where it is shipped and loads, else the JDK. */
        AUTO,
        /** The JDK. */
        JDK,
        /** OpenSSL, or the listener does not open. */
        OPENSSL
    }

    private static final Set<String> PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");

    /** Checks what the keys say together, and copies. */
    public TlsConfig {
        List<String> problems = new ArrayList<>();
        if (keystore.isPresent()) {
            if (certificate.isPresent() || key.isPresent() || keyPassword.isPresent()) {
                problems.add("keystore stands in place of certificate, key and key-password: write one or the other");
            }
        } else {
            if (certificate.isEmpty() || key.isEmpty()) {
                problems.add("certificate and key, or keystore, must be there");
            }
            if (keystorePassword.isPresent()) {
                problems.add("keystore-password without keystore");
            }
        }
        if (protocols.isEmpty() || !PROTOCOLS.containsAll(protocols)) {
            problems.add("protocols must be TLSv1.2, TLSv1.3 or both, found " + protocols);
        }
        if (!ciphers.isEmpty() && provider == Provider.OPENSSL) {
            problems.add("ciphers can be chosen with provider jdk only: OpenSSL does not let go of those of TLSv1.3");
        }
        if (clientAuth == ClientAuth.NONE) {
            if (clientCa.isPresent() || clientCrl.isPresent()) {
                problems.add("client-ca and client-crl do nothing while client-auth is none");
            }
            if (userName != UserName.NONE) {
                problems.add("user-name is taken from a client's certificate, and client-auth is none");
            }
        } else if (clientCa.isEmpty()) {
            problems.add("client-auth needs client-ca: the certificates of those who issue the clients'");
        }
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
        protocols = List.copyOf(protocols);
        ciphers = List.copyOf(ciphers);
    }

    /** Whether nobody comes in whose user name is not proven by a certificate. */
    boolean provesEveryUser() {
        return clientAuth == ClientAuth.REQUIRED && userName != UserName.NONE;
    }

    /** Without passwords. */
    @Override
    public String toString() {
        return "tls at " + place;
    }
}
