package org.ternmq.broker.config;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.ternmq.broker.config.TlsFiles.UnusableException;

/** The client's side of TLS, from PEM files. Blocks. */
public final class ClientTls {
    private static final char[] NO_PASSWORD = {};

    private ClientTls() {}

    /**
     * Trust in those whose certificates are in a file, and in nobody else.
     *
     * @throws UnusableException if there is none, or one that cannot be read
     */
    public static TrustManagerFactory trust(Path certificates) throws UnusableException {
        try {
            KeyStore store = empty();
            for (X509Certificate certificate : TlsFiles.certificates("cafile", certificates)) {
                store.setCertificateEntry("ca-" + store.size(), certificate);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            return trust;
        } catch (GeneralSecurityException | IOException e) {
            throw new UnusableException("cafile", certificates + ": " + e.getMessage());
        }
    }

    /**
     * A certificate to show, with those that lead to its root behind it, and its key.
     *
     * @throws UnusableException if a file cannot be read, or the key is another one's
     */
    public static KeyManagerFactory identity(Path certificate, Path key, Optional<String> password)
            throws UnusableException {
        List<X509Certificate> chain = TlsFiles.certificates("cert", certificate);
        PrivateKey privateKey = TlsFiles.privateKey(key, password);
        if (!TlsFiles.fits(privateKey, chain.get(0).getPublicKey())) {
            throw new UnusableException("key", key + " is not the private key of the certificate in " + certificate);
        }
        try {
            KeyStore store = empty();
            store.setKeyEntry("client", privateKey, NO_PASSWORD, chain.toArray(Certificate[]::new));
            KeyManagerFactory identity = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            identity.init(store, NO_PASSWORD);
            return identity;
        } catch (GeneralSecurityException | IOException e) {
            throw new UnusableException("cert", certificate + ": " + e.getMessage());
        }
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }
}
