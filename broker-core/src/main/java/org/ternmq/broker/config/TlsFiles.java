package org.ternmq.broker.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;

/**
 * What the files of a {@link TlsConfig} hold, read and found to fit together.
 *
 * @param key the server's private key
 * @param chain its certificate, then those that lead to its root
 * @param clientCas who issued the clients' certificates; empty if clients are not asked for one
 * @param clientCrls what they revoked; empty if nothing is said about it
 */
public record TlsFiles(
        PrivateKey key, List<X509Certificate> chain, List<X509Certificate> clientCas, List<X509CRL> clientCrls) {
    private static final int MAX_BYTES = 4 << 20;

    /** A file that cannot be used. */
    public static final class UnusableException extends Exception {
        private static final long serialVersionUID = 1L;
        private final String key;
        private final String problem;

        UnusableException(String key, String problem) {
            super(problem);
            this.key = key;
            this.problem = problem;
        }

        /** What is wrong, with the file. */
        public String problem() {
            return problem;
        }

        /** The key of the configuration that names the file. */
        public String key() {
            return key;
        }
    }

    /** Copies. */
    public TlsFiles {
        chain = List.copyOf(chain);
        clientCas = List.copyOf(clientCas);
        clientCrls = List.copyOf(clientCrls);
    }

    /**
     * Reads and checks the files. Blocks.
     *
     * @throws UnusableException for the first that cannot be used
     */
    public static TlsFiles load(TlsConfig config) throws UnusableException {
        checkCiphers(config);
        List<X509Certificate> cas = new ArrayList<>();
        List<X509CRL> crls = new ArrayList<>();
        if (config.clientCa().isPresent()) {
            cas.addAll(certificates("client-ca", config.clientCa().get()));
        }
        if (config.clientCrl().isPresent()) {
            crls.addAll(crls(config.clientCrl().get()));
        }
        if (config.keystore().isPresent()) {
            return fromKeystore(config, config.keystore().get(), cas, crls);
        }
        Path certificate = config.certificate().orElseThrow();
        Path key = config.key().orElseThrow();
        List<X509Certificate> chain = certificates("certificate", certificate);
        checkChain("certificate", certificate, chain);
        PrivateKey privateKey = privateKey(key, config.keyPassword());
        if (!fits(privateKey, chain.get(0).getPublicKey())) {
            throw new UnusableException("key", key + " is not the private key of the certificate in " + certificate);
        }
        return new TlsFiles(privateKey, chain, cas, crls);
    }

    private static void checkCiphers(TlsConfig config) throws UnusableException {
        try {
            Set<String> known =
                    Set.of(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
            for (String cipher : config.ciphers()) {
                if (!known.contains(cipher)) {
                    throw new UnusableException("ciphers", "no cipher suite '" + cipher + "'");
                }
            }
        } catch (GeneralSecurityException e) {
            throw new UnusableException("ciphers", "cannot be checked: " + e.getMessage());
        }
    }

    private static byte[] bytes(String key, Path file) throws UnusableException {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new UnusableException(key, file + " is larger than 4MiB");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new UnusableException(key, file + " is not there");
        } catch (IOException e) {
            throw new UnusableException(key, file + " cannot be read: " + e);
        }
    }

    static List<X509Certificate> certificates(String key, Path file) throws UnusableException {
        List<X509Certificate> found = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Pem block : Pem.blocks(bytes(key, file))) {
                if (block.label().equals("CERTIFICATE")) {
                    found.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.content())));
                }
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new UnusableException(key, file + " has a certificate that cannot be read: " + e.getMessage());
        }
        if (found.isEmpty()) {
            throw new UnusableException(key, file + " has no certificate in PEM (-----BEGIN CERTIFICATE-----)");
        }
        return found;
    }

    private static List<X509CRL> crls(Path file) throws UnusableException {
        List<X509CRL> found = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Pem block : Pem.blocks(bytes("client-crl", file))) {
                if (block.label().equals("X509 CRL")) {
                    found.add((X509CRL) factory.generateCRL(new ByteArrayInputStream(block.content())));
                }
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new UnusableException("client-crl", file + " has a list that cannot be read: " + e.getMessage());
        }
        if (found.isEmpty()) {
            throw new UnusableException(
                    "client-crl", file + " has no revocation list in PEM (-----BEGIN X509 CRL-----)");
        }
        return found;
    }

    static PrivateKey privateKey(Path file, Optional<String> password) throws UnusableException {
        try {
            return PemKey.read(Pem.blocks(bytes("key", file)), password);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new UnusableException("key", file + ": " + e.getMessage());
        }
    }

    private static void checkChain(String key, Path file, List<X509Certificate> chain) throws UnusableException {
        for (int i = 1; i < chain.size(); i++) {
            try {
                chain.get(i - 1).verify(chain.get(i).getPublicKey());
            } catch (GeneralSecurityException e) {
                throw new UnusableException(
                        key,
                        file + ": certificate " + (i + 1) + " did not issue certificate " + i
                                + "; the server's comes first, each is followed by its issuer's");
            }
        }
    }

    private static TlsFiles fromKeystore(TlsConfig config, Path file, List<X509Certificate> cas, List<X509CRL> crls)
            throws UnusableException {
        char[] password = config.keystorePassword().orElse("").toCharArray();
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(new ByteArrayInputStream(bytes("keystore", file)), password);
            List<String> keys = new ArrayList<>();
            for (String alias : Collections.list(store.aliases())) {
                if (store.isKeyEntry(alias)) {
                    keys.add(alias);
                }
            }
            if (keys.size() != 1) {
                throw new UnusableException("keystore", file + " must have one private key, and has " + keys.size());
            }
            Key key = store.getKey(keys.get(0), password);
            List<X509Certificate> chain = new ArrayList<>();
            Certificate[] stored = store.getCertificateChain(keys.get(0));
            for (Certificate each : stored == null ? new Certificate[0] : stored) {
                chain.add((X509Certificate) each);
            }
            if (!(key instanceof PrivateKey privateKey) || chain.isEmpty()) {
                throw new UnusableException("keystore", file + " has no certificate for its private key");
            }
            checkChain("keystore", file, chain);
            if (!fits(privateKey, chain.get(0).getPublicKey())) {
                throw new UnusableException("keystore", file + ": private key and certificate do not fit");
            }
            return new TlsFiles(privateKey, chain, cas, crls);
        } catch (IOException | GeneralSecurityException e) {
            throw new UnusableException(
                    "keystore",
                    file + " cannot be read as PKCS12"
                            + (config.keystorePassword().isEmpty() ? " without password" : "") + ": " + e.getMessage());
        }
    }

    /** Whether what one signs the other verifies. */
    static boolean fits(PrivateKey key, PublicKey certified) {
        String algorithm = switch (certified.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> certified.getAlgorithm();
        };
        try {
            byte[] text = {1, 2, 3};
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(text);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "certificate of " + chain.get(0).getSubjectX500Principal();
    }
}
