package org.ternmq.admin.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ternmq.spi.ConfigurationException;

/** A certificate and its key in PEM, as a key store. */
final class PemFiles {
    private static final Pattern PKCS8 =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "Ed25519");

    private PemFiles() {}

    /**
     * Reads them.
     *
     * @throws ConfigurationException if they cannot be used, in words
     */
    static KeyStore read(Settings.Tls files) {
        try {
            Certificate[] chain;
            try (InputStream in = Files.newInputStream(files.certificate())) {
                chain = CertificateFactory.getInstance("X.509")
                        .generateCertificates(in)
                        .toArray(Certificate[]::new);
            }
            if (chain.length == 0) {
                throw new ConfigurationException(files.certificate() + ": holds no certificate");
            }
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("server", key(files.key()), new char[0], chain);
            return store;
        } catch (IOException | GeneralSecurityException e) {
            throw new ConfigurationException("tls: " + files.certificate() + " and " + files.key() + " cannot be used: "
                    + (e.getMessage() == null ? e : e.getMessage()));
        }
    }

    private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
        Matcher m = PKCS8.matcher(Files.readString(file));
        if (!m.find()) {
            throw new ConfigurationException(file + ": holds no PKCS #8 key that is not encrypted"
                    + " ('openssl pkcs8 -topk8 -nocrypt' makes one of others)");
        }
        PKCS8EncodedKeySpec spec =
                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(m.group(1)));
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException e) {
                // a key of another kind
            }
        }
        throw new ConfigurationException(file + ": holds no RSA, EC or Ed25519 key");
    }
}
