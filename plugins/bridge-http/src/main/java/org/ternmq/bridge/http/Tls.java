package org.ternmq.bridge.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.ConfigurationException;

/**
 * TLS. Host names are always checked.
 *
 * @param ca certificates (PEM) of who may have signed the service's; without it, those that Java trusts
 * @param certificate this broker's certificate with its chain (PEM), if the service asks for it
 * @param key its private key (PEM, PKCS#8, not encrypted)
 */
record Tls(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key) {
    private static final char[] NO_PASSWORD = new char[0];
    private static final List<String> ALGORITHMS = List.of("EC", "RSA", "EdDSA");
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    /** Refuses half a pair. */
    Tls {
        if (certificate.isPresent() != key.isPresent()) {
            throw new ConfigurationException("certificate and key belong together");
        }
    }

    /**
     * Reads the files.
     *
     * @throws ConfigurationException if one cannot be used
     */
    SSLContext context() {
        try {
            KeyManager @Nullable [] keys = null;
            if (certificate.isPresent() && key.isPresent()) {
                keys = keys(certificate.get(), key.get());
            }
            TrustManager @Nullable [] trusted = null;
            if (ca.isPresent()) {
                trusted = trusted(ca.get());
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, trusted, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new ConfigurationException("tls: " + e);
        }
    }

    private static TrustManager[] trusted(Path file) throws GeneralSecurityException, IOException {
        KeyStore store = empty();
        int i = 0;
        for (Certificate each : certificates("tls.ca", file)) {
            store.setCertificateEntry("trusted-" + i++, each);
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        return managers.getTrustManagers();
    }

    private static KeyManager[] keys(Path certificate, Path key) throws GeneralSecurityException, IOException {
        KeyStore store = empty();
        Certificate[] chain = certificates("tls.certificate", certificate).toArray(Certificate[]::new);
        store.setKeyEntry("own", privateKey(key), NO_PASSWORD, chain);
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, NO_PASSWORD);
        return managers.getKeyManagers();
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static Collection<? extends Certificate> certificates(String setting, Path file) {
        byte[] bytes = read(setting, file).getBytes(StandardCharsets.ISO_8859_1);
        Collection<? extends Certificate> all;
        try {
            all = CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bytes));
        } catch (GeneralSecurityException e) {
            throw new ConfigurationException(setting + ": " + file + " is no file of certificates (PEM): " + e);
        }
        if (all.isEmpty()) {
            throw new ConfigurationException(setting + ": there is no certificate in " + file);
        }
        return all;
    }

    private static PrivateKey privateKey(Path file) throws GeneralSecurityException {
        Matcher pem = KEY.matcher(read("tls.key", file));
        if (!pem.find()) {
            throw new ConfigurationException(
                    "tls.key: there is no private key (PEM, PKCS#8, not encrypted) in " + file);
        }
        PKCS8EncodedKeySpec spec;
        try {
            spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException("tls.key: the private key in " + file + " is no Base64");
        }
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException e) {
                // it is of another algorithm
            }
        }
        throw new ConfigurationException("tls.key: the private key in " + file + " is none of " + ALGORITHMS);
    }

    private static String read(String setting, Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new ConfigurationException(setting + ": " + file + " cannot be read: " + e);
        }
    }
}
