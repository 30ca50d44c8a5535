package org.ternmq.broker.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPrivateKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The keys of TLS, and the files that they name. */
final class TlsFilesTest {
    @TempDir
    Path folder;

    private static CertificateBuilder builder(String name) {
        return new CertificateBuilder().subject("CN=" + name).ecp256().setIsCertificateAuthority(true);
    }

    private void write(X509Bundle bundle) throws IOException {
        Files.writeString(folder.resolve("server.crt"), bundle.getCertificatePEM());
        Files.writeString(folder.resolve("server.key"), bundle.getPrivateKeyPEM());
    }

    private List<String> problems(String tls) {
        Problems problems = new Problems();
        String yaml = "listeners: [{name: a, bind: '127.0.0.1:1', tls: {" + tls + "}}]";
        BrokerConfig.load(ConfigSource.of("f", yaml, folder, List.of(), Map.of(), problems), problems);
        return problems.lines().stream()
                .map(line -> line.replaceFirst("f:\\d+:\\d+: listeners\\[0]\\.", "")
                        .replace(folder.toAbsolutePath().normalize() + "/", ""))
                .toList();
    }

    private static final String FILES = "certificate: server.crt, key: server.key";

    @Test
    void whatFitsTogetherIsNoProblem() throws Exception {
        for (CertificateBuilder.Algorithm algorithm : List.of(
                CertificateBuilder.Algorithm.ecp256,
                CertificateBuilder.Algorithm.ecp384,
                CertificateBuilder.Algorithm.rsa2048,
                CertificateBuilder.Algorithm.ed25519)) {
            write(builder("localhost").algorithm(algorithm).buildSelfSigned());
            assertThat(problems(FILES)).as(algorithm.name()).isEmpty();
        }
        X509Bundle root = builder("root").buildSelfSigned();
        X509Bundle server = builder("localhost").buildIssuedBy(root);
        write(server);
        Files.writeString(folder.resolve("server.crt"), server.getCertificatePEM() + "\n" + root.getCertificatePEM());
        assertThat(problems(FILES)).isEmpty();
        Files.writeString(folder.resolve("server.crt"), root.getCertificatePEM() + "\n" + server.getCertificatePEM());
        assertThat(problems(FILES))
                .singleElement()
                .asString()
                .startsWith("tls.certificate: server.crt: certificate 2 did not issue certificate 1");
    }

    @Test
    void filesThatCannotBeUsedAreNamedAtTheirKey() throws Exception {
        assertThat(problems(FILES)).containsExactly("tls.certificate: server.crt is not there");
        Files.writeString(folder.resolve("server.crt"), "nonsense");
        assertThat(problems(FILES))
                .containsExactly("tls.certificate: server.crt has no certificate in PEM (-----BEGIN CERTIFICATE-----)");
        X509Bundle bundle = builder("a").buildSelfSigned();
        write(bundle);
        Files.writeString(
                folder.resolve("server.crt"), bundle.getCertificatePEM().replace("MI", "AA"));
        assertThat(problems(FILES))
                .singleElement()
                .asString()
                .startsWith("tls.certificate: server.crt has a certificate that cannot be read: ");
        write(bundle);
        Files.writeString(folder.resolve("server.key"), bundle.getCertificatePEM());
        assertThat(problems(FILES)).containsExactly("tls.key: server.key: has no private key in PEM");
        Files.writeString(
                folder.resolve("server.key"), builder("b").buildSelfSigned().getPrivateKeyPEM());
        assertThat(problems(FILES))
                .containsExactly("tls.key: server.key is not the private key of the certificate in server.crt");
        Files.writeString(folder.resolve("server.key"), bundle.getPrivateKeyPEM() + bundle.getPrivateKeyPEM());
        assertThat(problems(FILES)).containsExactly("tls.key: server.key: has more than one private key");
        write(bundle);
        assertThat(problems(FILES + ", key-password: x"))
                .containsExactly("tls.key: server.key: is not encrypted, and key-password is written");
        assertThat(problems(FILES + ", client-auth: required, client-ca: ca.crt"))
                .containsExactly("tls.client-ca: ca.crt is not there");
        assertThat(problems(FILES + ", client-auth: optional, client-ca: server.crt, client-crl: server.crt"))
                .containsExactly("tls.client-crl: server.crt has no revocation list in PEM (-----BEGIN X509 CRL-----)");
        assertThat(problems(FILES + ", ciphers: [TLS_NULL]"))
                .containsExactly("tls.ciphers: no cipher suite 'TLS_NULL'");
        assertThat(problems("keystore: server.crt, keystore-password: x"))
                .singleElement()
                .asString()
                .startsWith("tls.keystore: server.crt cannot be read as PKCS12: ");
    }

    @Test
    void keysThatContradictEachOtherAreProblems() {
        assertThat(problems("certificate: a")).containsExactly("tls: certificate and key, or keystore, must be there");
        assertThat(problems(FILES + ", keystore: b"))
                .containsExactly(
                        "tls: keystore stands in place of certificate, key and key-password: write one or the other");
        assertThat(problems(FILES + ", protocols: [TLSv1.1]"))
                .containsExactly("tls: protocols must be TLSv1.2, TLSv1.3 or both, found [TLSv1.1]");
        assertThat(problems(FILES + ", client-ca: a, user-name: cn"))
                .containsExactly(
                        "tls: client-ca and client-crl do nothing while client-auth is none",
                        "tls: user-name is taken from a client's certificate, and client-auth is none");
        assertThat(problems(FILES + ", client-auth: required"))
                .containsExactly("tls: client-auth needs client-ca: the certificates of those who issue the clients'");
    }

    @Test
    void readsTheOlderFormsOfKeys() throws Exception {
        X509Bundle rsa = builder("a").rsa2048().buildSelfSigned();
        write(rsa);
        byte[] pkcs8 = rsa.getKeyPair().getPrivate().getEncoded();
        byte[] pkcs1 = Arrays.copyOfRange(pkcs8, 26, pkcs8.length); // behind two headers, version and algorithm
        Files.writeString(folder.resolve("server.key"), pem("RSA PRIVATE KEY", pkcs1));
        assertThat(problems(FILES)).isEmpty();

        X509Bundle ec = builder("a").buildSelfSigned();
        write(ec);
        byte[] number = ((ECPrivateKey) ec.getKeyPair().getPrivate())
                .getS()
                .toByteArray(); // with or without a leading 0, or short
        byte[] key = new byte[32];
        int length = Math.min(32, number.length);
        System.arraycopy(number, number.length - length, key, 32 - length, length);
        ByteArrayOutputStream sec1 = new ByteArrayOutputStream();
        sec1.writeBytes(new byte[] {0x30, 0x31, 2, 1, 1, 4, 0x20});
        sec1.writeBytes(key);
        sec1.writeBytes(new byte[] {(byte) 0xA0, 0x0A, 6, 8, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 3, 1, 7});
        Files.writeString(folder.resolve("server.key"), "words\n" + pem("EC PRIVATE KEY", sec1.toByteArray()));
        assertThat(problems(FILES)).isEmpty();
        Files.writeString(folder.resolve("server.key"), pem("EC PRIVATE KEY", Arrays.copyOf(sec1.toByteArray(), 20)));
        assertThat(problems(FILES)).containsExactly("tls.key: server.key: is damaged");
        Files.writeString(
                folder.resolve("server.key"),
                pem("RSA PRIVATE KEY", pkcs1)
                        .replaceFirst("\n", "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,AB\n\n"));
        assertThat(problems(FILES))
                .singleElement()
                .asString()
                .contains("is encrypted in an old format; convert it: openssl pkcs8 -topk8");
    }

    @Test
    void anEncryptedKeyWantsItsPassword() throws Exception { // those that OpenSSL writes are read by a system test
        write(builder("a").buildSelfSigned());
        Files.writeString(folder.resolve("server.key"), pem("ENCRYPTED PRIVATE KEY", new byte[] {0x30, 0}));
        assertThat(problems(FILES)).containsExactly("tls.key: server.key: is encrypted, and key-password is missing");
        assertThat(problems(FILES + ", key-password: a")).containsExactly("tls.key: server.key: is damaged");
    }

    private static String pem(String label, byte[] content) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(content)
                + "\n-----END " + label + "-----\n";
    }
}
