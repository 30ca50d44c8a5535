package org.ternmq.auth.ldap;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.ConfigurationException;

/** Whose certificates are believed. */
final class Tls {
    private Tls() {}

    /**
     * Makes TLS sockets.
     *
     * @param verifyHostName whether a certificate must be for the host
     * @param trust a file of certificates; empty for those that Java trusts
     * @throws ConfigurationException if the file cannot be used
     */
    static SSLSocketFactory sockets(boolean verifyHostName, Optional<Path> trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.isPresent() ? managers(trust.get()) : null, null);
            SSLSocketFactory sockets = context.getSocketFactory();
            return verifyHostName ? new VerifyingSockets(sockets) : sockets;
        } catch (GeneralSecurityException e) {
            throw new ConfigurationException("trust: TLS cannot be used: " + e.getMessage());
        }
    }

    private static TrustManager @Nullable [] managers(Path file) throws GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            Collection<? extends Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (certificates.isEmpty()) {
                throw new ConfigurationException("trust: there is no certificate in " + file);
            }
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int i = 0;
            for (Certificate certificate : certificates) {
                store.setCertificateEntry("trusted-" + i++, certificate);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory.getTrustManagers();
        } catch (IOException e) {
            throw new ConfigurationException("trust: " + file + " cannot be read: " + e);
        } catch (GeneralSecurityException e) {
            throw new ConfigurationException("trust: " + file + " is no file of certificates (PEM): " + e.getMessage());
        }
    }
}
