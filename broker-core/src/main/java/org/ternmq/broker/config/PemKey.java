package org.ternmq.broker.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** Private keys in the PEM forms that OpenSSL writes: PKCS#8, plain and encrypted, and the older ones of RSA and EC. */
final class PemKey {
    private static final byte[] RSA = {
        0x30, 0x0D, 6, 9, 0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 0x0D, 1, 1, 1, 5, 0
    };
    private static final byte[] EC = {6, 7, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 2, 1};
    private static final byte[] VERSION_0 = {2, 1, 0};
    private static final int SEQUENCE = 0x30;
    private static final int OCTETS = 4;
    private static final int CURVE = 0xA0;

    private PemKey() {}

    /**
     * The one private key among the blocks.
     *
     * @throws GeneralSecurityException if there is none, more than one, or one that cannot be used; the message says why
     */
    static PrivateKey read(List<Pem> blocks, Optional<String> password) throws GeneralSecurityException {
        List<Pem> keys = blocks.stream()
                .filter(block -> block.label().endsWith("PRIVATE KEY"))
                .toList();
        if (keys.size() != 1) {
            throw new InvalidKeyException(
                    keys.isEmpty() ? "has no private key in PEM" : "has more than one private key");
        }
        Pem key = keys.get(0);
        if (key.header().contains("ENCRYPTED")) {
            throw new InvalidKeyException("is encrypted in an old format; convert it: openssl pkcs8 -topk8 -in FILE");
        }
        boolean encrypted = key.label().equals("ENCRYPTED PRIVATE KEY");
        if (encrypted && password.isEmpty()) {
            throw new InvalidKeyException("is encrypted, and key-password is missing");
        }
        if (!encrypted && password.isPresent()) {
            throw new InvalidKeyException("is not encrypted, and key-password is written");
        }
        return switch (key.label()) {
            case "PRIVATE KEY" -> privateKey(new PKCS8EncodedKeySpec(key.content()));
            case "ENCRYPTED PRIVATE KEY" -> decrypt(key.content(), password.orElseThrow());
            case "RSA PRIVATE KEY" -> privateKey(pkcs8(RSA, key.content()));
            case "EC PRIVATE KEY" -> privateKey(pkcs8(der(SEQUENCE, EC, curve(key.content())), key.content()));
            default -> throw new InvalidKeyException("has a private key of an unknown form: " + key.label());
        };
    }

    private static PrivateKey privateKey(PKCS8EncodedKeySpec spec) throws GeneralSecurityException {
        for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException e) {
                // then it is of another algorithm
            }
        }
        throw new InvalidKeyException("has a private key that is none of RSA, EC or Ed25519, or is damaged");
    }

    private static PrivateKey decrypt(byte[] content, String password) throws GeneralSecurityException {
        try {
            EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(content);
            // JDKs before 19 name PBES2 by its number and the real algorithm in the parameters only.
            String name = info.getAlgName();
            String algorithm = name.equals("PBES2") || name.startsWith("1.")
                    ? info.getAlgParameters().toString()
                    : name;
            Cipher cipher = Cipher.getInstance(algorithm);
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password.toCharArray())),
                    info.getAlgParameters());
            return privateKey(info.getKeySpec(cipher));
        } catch (IOException e) {
            throw new InvalidKeyException("is damaged", e);
        } catch (InvalidKeySpecException e) {
            throw new InvalidKeyException("key-password is wrong", e);
        }
    }

    private static PKCS8EncodedKeySpec pkcs8(byte[] algorithm, byte[] key) {
        return new PKCS8EncodedKeySpec(der(SEQUENCE, VERSION_0, algorithm, der(OCTETS, key)));
    }

    /** A value of DER: tag, length, and the parts one after the other. */
    private static byte[] der(int tag, byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteBuffer out = ByteBuffer.allocate(length + 4).put((byte) tag);
        if (length < 0x80) {
            out.put((byte) length);
        } else if (length < 0x100) {
            out.put((byte) 0x81).put((byte) length);
        } else {
            out.put((byte) 0x82).putShort((short) length);
        }
        for (byte[] part : parts) {
            out.put(part);
        }
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    /** The curve that an ECPrivateKey (RFC 5915) names, as DER. */
    private static byte[] curve(byte[] key) throws InvalidKeyException {
        try {
            ByteBuffer in = ByteBuffer.wrap(key);
            in.get();
            length(in); // all of it
            while (in.hasRemaining()) {
                int tag = in.get() & 0xFF;
                byte[] value = new byte[length(in)];
                in.get(value);
                if (tag == CURVE) {
                    return value;
                }
            }
        } catch (RuntimeException e) {
            throw new InvalidKeyException("is damaged", e);
        }
        throw new InvalidKeyException("does not name its curve; convert it: openssl pkcs8 -topk8 -nocrypt -in FILE");
    }

    private static int length(ByteBuffer in) {
        int first = in.get() & 0xFF;
        return first < 0x80 ? first : first == 0x81 ? in.get() & 0xFF : in.getShort() & 0xFFFF;
    }
}
