package org.ternmq.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A key and a certificate for it, signed by itself, made at run time by the JDK's keytool. Immutable. */
public final class TestTls {
    private static final char[] PASSWORD = "changeit".toCharArray();

    private final KeyManagerFactory keys;
    private final SSLContext context;
    private final Path pem;
    private final Path key;

    /**
     * Makes both.
     *
     * @param folder of this pair alone, for its files
     * @param names what the certificate is for, such as {@code ip:127.0.0.1,dns:localhost}
     * @throws Exception fails the test
     */
    public TestTls(Path folder, String names) throws Exception {
        Path file = folder.resolve("key.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=service",
                        "-ext",
                        "SAN=" + names,
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.log").toFile())
                .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(keytool.exitValue()).as("keytool").isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        pem = write(
                folder.resolve("server.pem"),
                "CERTIFICATE",
                store.getCertificate("server").getEncoded());
        key = write(
                folder.resolve("server.key"),
                "PRIVATE KEY",
                store.getKey("server", PASSWORD).getEncoded());
    }

    private static Path write(Path file, String what, byte[] bytes) throws Exception {
        return Files.writeString(
                file,
                "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder().encodeToString(bytes) + "\n-----END " + what
                        + "-----\n");
    }

    /**
     * For a server that has the key.
     *
     * @return trusts what Java trusts
     */
    public SSLContext context() {
        return context;
    }

    /**
     * For a server that has the key and asks its clients for a certificate.
     *
     * @param client whose certificate it trusts, and no other
     * @return a context of the caller's own
     * @throws Exception fails the test
     */
    public SSLContext contextFor(TestTls client) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(client.pem)) {
            trusted.setCertificateEntry(
                    "client", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext asking = SSLContext.getInstance("TLS");
        asking.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return asking;
    }

    /**
     * The certificate.
     *
     * @return a file in PEM
     */
    public Path pem() {
        return pem;
    }

    /**
     * The private key.
     *
     * @return a file in PEM (PKCS#8)
     */
    public Path key() {
        return key;
    }
}
