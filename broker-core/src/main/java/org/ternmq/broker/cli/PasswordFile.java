package org.ternmq.broker.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * A file of users that the authenticators {@code file} and {@code scram} read, for changing it: a line {@code name:hash} each.
 * Other lines and their order stay. A change is all or nothing: it is written beside the file, flushed, and put in its place.
 */
final class PasswordFile {
    /** What OWASP asks for of PBKDF2 with HMAC-SHA-512. */
    static final int ITERATIONS = 210_000;

    private static final int SALT_BYTES = 16;
    private static final int HASH_BITS = 512;
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private final Path file;

    PasswordFile(Path file) {
        this.file = file;
    }

    /**
     * Says what is wrong with a name.
     *
     * @throws IllegalArgumentException if a line cannot hold it
     */
    static void checkName(String name) {
        if (name.isEmpty() || name.startsWith("#") || name.indexOf(':') >= 0) {
            throw new IllegalArgumentException("a name is not empty, has no ':' and does not begin with '#'");
        }
        if (name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("a name has no control characters");
        }
    }

    /**
     * Adds a user or changes the password of one.
     *
     * @param password overwritten with zeros
     * @return whether the user is new
     */
    boolean put(String name, char[] password) throws IOException {
        checkName(name);
        return put(name, hash(password));
    }

    /**
     * Adds a user or changes what is kept of the password of one.
     *
     * @param hash what stands behind the name and its colon
     * @return whether the user is new
     */
    boolean put(String name, String hash) throws IOException {
        checkName(name);
        String line = name + ":" + hash;
        List<String> lines = lines();
        int at = find(lines, name);
        if (at < 0) {
            lines.add(line);
        } else {
            lines.set(at, line);
        }
        write(lines);
        return at < 0;
    }

    /**
     * Removes a user.
     *
     * @return false if there was none of this name; the file is not touched then
     */
    boolean delete(String name) throws IOException {
        List<String> lines = lines();
        int at = find(lines, name);
        if (at < 0) {
            return false;
        }
        lines.remove(at);
        write(lines);
        return true;
    }

    private static int find(List<String> lines, String name) {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith(name + ":")) {
                return i;
            }
        }
        return -1;
    }

    private List<String> lines() throws IOException {
        return Files.exists(file)
                ? new ArrayList<>(Files.readAllLines(file, StandardCharsets.UTF_8))
                : new ArrayList<>();
    }

    /** {@code $7$iterations$salt$hash}, as {@code mosquitto_passwd} writes it, with the iterations of today. */
    static String hash(char[] password) {
        byte[] salt = new byte[SALT_BYTES];
        new SecureRandom().nextBytes(salt);
        PBEKeySpec spec = new PBEKeySpec(password, salt, ITERATIONS, HASH_BITS);
        try {
            byte[] hash = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                    .generateSecret(spec)
                    .getEncoded();
            Base64.Encoder base64 = Base64.getEncoder();
            return "$7$" + ITERATIONS + "$" + base64.encodeToString(salt) + "$" + base64.encodeToString(hash);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("PBKDF2WithHmacSHA512 is part of every Java", e);
        } finally {
            spec.clearPassword();
            Arrays.fill(password, '\0');
        }
    }

    private void write(List<String> lines) throws IOException {
        Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
        Path folder = target.getParent();
        boolean posix = target.getFileSystem().supportedFileAttributeViews().contains("posix");
        Path beside = posix
                ? Files.createTempFile(folder, ".users", ".tmp", PosixFilePermissions.asFileAttribute(OWNER_ONLY))
                : Files.createTempFile(folder, ".users", ".tmp");
        try {
            if (posix && Files.exists(target)) {
                takeOver(target, beside);
            }
            String text = lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
            try (FileChannel out = FileChannel.open(beside, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                out.force(true);
            }
            try {
                Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(beside, target, StandardCopyOption.REPLACE_EXISTING);
            }
            if (posix) {
                // The new name is in the folder: without this a power cut may bring the old file back.
                try (FileChannel entry = FileChannel.open(folder, StandardOpenOption.READ)) {
                    entry.force(true);
                }
            }
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    /** Whoever could read the old file, such as the broker's own user, still can, also if root or another edits it. */
    private static void takeOver(Path old, Path fresh) throws IOException {
        PosixFileAttributes was = Files.readAttributes(old, PosixFileAttributes.class);
        PosixFileAttributeView view = Files.getFileAttributeView(fresh, PosixFileAttributeView.class);
        PosixFileAttributes is = view.readAttributes();
        try {
            if (!is.group().equals(was.group())) {
                view.setGroup(was.group());
            }
            if (!is.owner().equals(was.owner())) {
                view.setOwner(was.owner());
            }
        } catch (FileSystemException e) {
            throw new FileSystemException(
                    old.toString(),
                    null,
                    "belongs to " + was.owner().getName() + ":" + was.group().getName()
                            + "; only that user or root can replace it");
        }
        view.setPermissions(was.permissions());
    }
}
