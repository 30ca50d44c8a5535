package org.ternmq.system;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Optional;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** A certificate authority that lives for one test, and what it issues. Its keys are never anywhere else. */
final class TestCa {
    static final String PASSWORD = "changeit";
    private final X509Bundle root;
    private Path file = Path.of("none");

    TestCa(String name) throws Exception {
        root = builder("CN=" + name).setIsCertificateAuthority(true).buildSelfSigned();
    }

    private static CertificateBuilder builder(String subject) {
        return new CertificateBuilder()
                .subject(subject)
                .ecp256()
                .notBefore(Instant.now().minus(1, ChronoUnit.DAYS))
                .notAfter(Instant.now().plus(90, ChronoUnit.DAYS));
    }

    /** A certificate for a server on this machine. */
    X509Bundle server() throws Exception {
        return server(builder -> builder);
    }

    X509Bundle server(UnaryOperator<CertificateBuilder> more) throws Exception {
        CertificateBuilder plain = builder("CN=localhost")
                .addSanDnsName("localhost")
                .addSanIpAddress("127.0.0.1")
                .addExtendedKeyUsageServerAuth();
        return more.apply(plain).buildIssuedBy(root);
    }

    /** A certificate for a client. */
    X509Bundle client(String subject) throws Exception {
        return client(subject, builder -> builder);
    }

    X509Bundle client(String subject, UnaryOperator<CertificateBuilder> more) throws Exception {
        return more.apply(builder(subject).addExtendedKeyUsageClientAuth()).buildIssuedBy(root);
    }

    X509Bundle root() {
        return root;
    }

    /** Writes {@code server.crt}, {@code server.key} and {@code ca.crt} beside a configuration. */
    void write(BrokerFolder folder, X509Bundle server) throws IOException {
        folder.write("server.crt", server.getCertificatePEM());
        folder.write("server.key", server.getPrivateKeyPEM());
        file = folder.write("ca.crt", root.getCertificatePEM());
    }

    /** A PKCS12 file with a certificate and its key. */
    static Path keystore(Path file, X509Bundle bundle) throws IOException, GeneralSecurityException {
        KeyStore store = bundle.toKeyStore(PASSWORD.toCharArray());
        try (var out = Files.newOutputStream(file)) {
            store.store(out, PASSWORD.toCharArray());
        }
        return file;
    }

    /** What a revocation list says, in PEM. */
    static String crl(URI where) throws IOException, InterruptedException {
        byte[] list = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(where).build(), HttpResponse.BodyHandlers.ofByteArray())
                .body();
        String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(list);
        return "-----BEGIN X509 CRL-----\n" + text + "\n-----END X509 CRL-----\n";
    }

    /** Trusts this authority. */
    TrustManagerFactory trust() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("ca", root.getCertificate());
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return factory;
    }

    /** For clients that take one. */
    SSLSocketFactory socketFactory() throws GeneralSecurityException, IOException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust().getTrustManagers(), null);
        return context.getSocketFactory();
    }

    /** The file with this authority's certificate, once it was {@linkplain #write written}. */
    Path file() {
        return file;
    }

    /** Shows a certificate. */
    static KeyManagerFactory shows(X509Bundle client) throws GeneralSecurityException {
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(client.toKeyStore(PASSWORD.toCharArray()), PASSWORD.toCharArray());
        return factory;
    }

    /** A connection whose handshake is done, as far as the client can tell. */
    SSLSocket connect(int port, Optional<X509Bundle> client) throws GeneralSecurityException, IOException {
        return connect(new Socket(InetAddress.getLoopbackAddress(), port), client);
    }

    /** The same over a connection that is open. */
    SSLSocket connect(Socket socket, Optional<X509Bundle> client) throws GeneralSecurityException, IOException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                client.isPresent() ? shows(client.get()).getKeyManagers() : null, trust().getTrustManagers(), null);
        SSLSocket secure =
                (SSLSocket) context.getSocketFactory().createSocket(socket, "localhost", socket.getPort(), true);
        secure.setSoTimeout((int) RawClient.PATIENCE.toMillis());
        secure.startHandshake();
        return secure;
    }
}
