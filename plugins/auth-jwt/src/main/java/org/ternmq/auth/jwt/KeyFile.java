package org.ternmq.auth.jwt;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyType;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ternmq.spi.ConfigurationException;

/** Reads keys. A file with one key that cannot be used is refused as a whole. */
final class KeyFile {
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");
    private static final int SHORTEST_RSA = 2048;

    private KeyFile() {}

    /**
     * Public keys: one or several in PEM, as {@code PUBLIC KEY} or {@code CERTIFICATE}, or a JWKS (RFC 7517).
     *
     * @throws ConfigurationException if the file cannot be read, or has what is no public key
     */
    static List<JWK> publicKeys(Path file) {
        String text = new String(bytes("keys", file), StandardCharsets.UTF_8);
        List<JWK> keys = text.stripLeading().startsWith("{") ? jwks(file, text) : pem(file, text);
        for (JWK key : keys) {
            if (key.getKeyType().equals(KeyType.OCT)) {
                throw problem(file, "has a secret; a shared secret belongs into a secret-file of its own");
            }
            if (key.isPrivate()) {
                throw problem(file, "has a private key; the broker needs the public one alone");
            }
            if (key.getKeyType().equals(KeyType.RSA) && key.size() < SHORTEST_RSA) { // RFC 7518, 3.3
                throw problem(file, "has an RSA key of less than " + SHORTEST_RSA + " bits");
            }
        }
        if (keys.isEmpty()) {
            throw problem(file, "has no public key that is known here");
        }
        return keys;
    }

    private static List<JWK> jwks(Path file, String text) {
        try {
            return JWKSet.parse(text).getKeys();
        } catch (ParseException | IllegalArgumentException | IllegalStateException e) {
            throw problem(file, "is no JWKS: " + e.getMessage());
        }
    }

    private static List<JWK> pem(Path file, String text) {
        List<JWK> keys = new ArrayList<>();
        Matcher blocks = PEM.matcher(text);
        int found = 0;
        while (blocks.find()) {
            found++;
            try {
                byte[] der = Base64.getMimeDecoder().decode(blocks.group(2));
                keys.add(
                        switch (blocks.group(1)) {
                            case "PUBLIC KEY" -> jwk(publicKey(der));
                            case "CERTIFICATE" ->
                                jwk(CertificateFactory.getInstance("X.509")
                                        .generateCertificate(new ByteArrayInputStream(der))
                                        .getPublicKey());
                            default ->
                                throw new GeneralSecurityException(
                                        "is a " + blocks.group(1) + ", where PUBLIC KEY or CERTIFICATE is wanted");
                        });
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                throw problem(file, "block " + found + " of the PEM file cannot be used: " + e.getMessage());
            }
        }
        if (found == 0) {
            throw problem(file, "is neither PEM nor a JWKS");
        }
        return keys;
    }

    private static PublicKey publicKey(byte[] der) throws GeneralSecurityException {
        X509EncodedKeySpec encoded = new X509EncodedKeySpec(der);
        try {
            return KeyFactory.getInstance("RSA").generatePublic(encoded);
        } catch (InvalidKeySpecException e) {
            return KeyFactory.getInstance("EC").generatePublic(encoded);
        }
    }

    private static JWK jwk(PublicKey key) throws GeneralSecurityException {
        if (key instanceof RSAPublicKey rsa) {
            return new RSAKey.Builder(rsa).build();
        }
        if (key instanceof ECPublicKey ec) {
            Curve curve = Curve.forECParameterSpec(ec.getParams());
            if (curve != null) {
                return new ECKey.Builder(curve, ec).build();
            }
        }
        throw new GeneralSecurityException("is neither an RSA key nor one on the curves P-256, P-384 and P-521");
    }

    /**
     * A shared secret: all bytes of the file but a line end at its end.
     *
     * @throws ConfigurationException if the file cannot be read, or is empty
     */
    static JWK secret(Path file) {
        byte[] bytes = bytes("secret-file", file);
        int length = bytes.length;
        if (length > 0 && bytes[length - 1] == '\n') {
            length--;
        }
        if (length > 0 && bytes[length - 1] == '\r') {
            length--;
        }
        if (length == 0) {
            throw new ConfigurationException("secret-file: " + file + " is empty");
        }
        return new OctetSequenceKey.Builder(Arrays.copyOf(bytes, length)).build();
    }

    private static byte[] bytes(String setting, Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new ConfigurationException(setting + ": there is no file " + file);
        } catch (IOException e) {
            throw new ConfigurationException(setting + ": " + file + " cannot be read: " + e);
        }
    }

    private static ConfigurationException problem(Path file, String what) {
        return new ConfigurationException("keys: " + file + " " + what);
    }
}
