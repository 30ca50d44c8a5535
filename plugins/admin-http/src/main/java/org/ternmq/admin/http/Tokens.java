package org.ternmq.admin.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.spi.ConfigurationException;

/**
 * Who has which token. The first one is in a file of its own, as it is; of all others only the hashes are kept. Tokens are 256
 * random bits, so that a plain SHA-256 of them is as good as a slow hash would be. Safe for use by all threads.
 */
final class Tokens {
    /** Somebody with a token. */
    record Holder(String name, Role role) {}

    private record Entry(Holder holder, byte[] hash) {}

    private static final Logger LOG = LoggerFactory.getLogger(Tokens.class);
    private static final String FIRST_NAME = "admin";
    private static final String PREFIX = "tmq_";
    private static final int BYTES = 32;
    private static final int SHORTEST = 32;
    private static final Pattern LINE =
            Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,63}):(viewer|operator|admin):([0-9a-f]{64})");
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private final Path first;
    private final Path further;
    private volatile List<Entry> entries;

    /**
     * Reads the files; makes the first token if there is none.
     *
     * @param first the file of the first token
     * @param further the file of hashes, which need not be there
     * @throws ConfigurationException if one of them cannot be used
     */
    Tokens(Path first, Path further) throws IOException {
        this.first = first;
        this.further = further;
        if (!Files.exists(first)) {
            make();
        }
        entries = read();
    }

    private void make() throws IOException {
        byte[] random = new byte[BYTES];
        new SecureRandom().nextBytes(random);
        String token = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        boolean posix = first.getFileSystem().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] mode = posix
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
        Files.newByteChannel(first, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode)
                .close();
        Files.writeString(first, token + "\n");
        LOG.info("A token for the admin interface was made; it is in {}", first);
    }

    private List<Entry> read() throws IOException {
        List<Entry> all = new ArrayList<>();
        String token = Files.readString(first).strip();
        if (token.length() < SHORTEST) {
            throw new ConfigurationException(first + ": holds no token of " + SHORTEST
                    + " characters or more; remove the file, and a start makes a new one");
        }
        all.add(new Entry(new Holder(FIRST_NAME, Role.ADMIN), hash(token)));
        if (!Files.exists(further)) {
            return List.copyOf(all);
        }
        List<String> lines = Files.readAllLines(further, StandardCharsets.UTF_8);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            Matcher m = LINE.matcher(line);
            if (!m.matches()) {
                throw new ConfigurationException(
                        further + ":" + (i + 1) + ": expected name:role:hash, as 'ternmq token add' writes it");
            }
            String name = m.group(1);
            if (all.stream().anyMatch(e -> e.holder().name().equals(name))) {
                throw new ConfigurationException(further + ":" + (i + 1) + ": there is a token '" + name + "' already");
            }
            Role role = Role.parse(m.group(2)).orElseThrow();
            all.add(new Entry(new Holder(name, role), HexFormat.of().parseHex(m.group(3))));
        }
        return List.copyOf(all);
    }

    /** Reads the files again; leaves the old tokens in force if they cannot be used. */
    void reload() {
        try {
            entries = read();
            LOG.info("The tokens of the admin interface were read again: {}", entries.size());
        } catch (IOException | ConfigurationException e) {
            LOG.error("The old tokens of the admin interface stay in force: {}", e.getMessage());
        }
    }

    /** Whose token this is. Takes the same time for each that is wrong. */
    Optional<Holder> holder(String token) {
        byte[] hash = hash(token);
        Optional<Holder> found = Optional.empty();
        for (Entry entry : entries) {
            if (MessageDigest.isEqual(entry.hash(), hash)) {
                found = Optional.of(entry.holder());
            }
        }
        return found;
    }

    private static byte[] hash(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
