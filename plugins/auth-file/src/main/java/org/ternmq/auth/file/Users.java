package org.ternmq.auth.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.ConfigurationException;

/**
 * The users of a file: a line {@code name:hash} each; empty lines and lines that start with {@code #} say nothing. A file
 * with one line that is no user is refused as a whole, since half a file would let in or lock out whom nobody meant.
 * Immutable.
 */
final class Users {
    private final Map<String, PasswordHash> byName;
    private final PasswordHash decoy;

    private Users(Map<String, PasswordHash> byName) {
        this.byName = Map.copyOf(byName);
        this.decoy = PasswordHash.decoy(byName.values());
    }

    /**
     * Reads a file.
     *
     * @throws ConfigurationException if it cannot be read, with the reason; or with every line that is no user, by number
     *     and without what it holds
     */
    static Users read(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new ConfigurationException(
                    file + ": there is no such file; 'ternmq passwd " + file + " NAME' makes it");
        } catch (IOException e) {
            throw new ConfigurationException(file + ": cannot be read: " + e);
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ConfigurationException(file + ": is not UTF-8 text");
        }
        Map<String, PasswordHash> users = new HashMap<>();
        List<String> problems = new ArrayList<>();
        String[] lines = text.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].endsWith("\r") ? lines[i].substring(0, lines[i].length() - 1) : lines[i];
            if (!line.isEmpty() && !line.startsWith("#")) {
                String problem = add(users, line);
                if (problem != null) {
                    problems.add(file + ":" + (i + 1) + ": " + problem);
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
        return new Users(users);
    }

    private static @Nullable String add(Map<String, PasswordHash> users, String line) {
        if (line.chars().anyMatch(Character::isISOControl)) {
            return "the line has a control character";
        }
        int colon = line.indexOf(':');
        if (colon < 0) {
            return "no ':' between name and hash";
        }
        if (colon == 0) {
            return "no name in front of the ':'";
        }
        try {
            PasswordHash hash = PasswordHash.parse(line.substring(colon + 1));
            if (users.put(line.substring(0, colon), hash) != null) {
                return "the name was there before";
            }
            return null;
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    /** The hash of a user, null if there is none of this name. */
    @Nullable
    PasswordHash find(String name) {
        return byName.get(name);
    }

    /** A hash to compare with for a name that is not there, of the kind that most users have. */
    PasswordHash decoy() {
        return decoy;
    }

    /** The hashes of all users. */
    Collection<PasswordHash> hashes() {
        return byName.values();
    }

    /** The names that another file does not have. */
    Set<String> missingIn(Users other) {
        Set<String> missing = new HashSet<>(byName.keySet());
        missing.removeAll(other.byName.keySet());
        return missing;
    }

    /** The names that have another hash in another file. */
    Set<String> changedIn(Users other) {
        Set<String> changed = new HashSet<>(byName.keySet());
        changed.removeIf(name -> {
            PasswordHash there = other.byName.get(name);
            return there == null || there.equals(byName.get(name));
        });
        return changed;
    }

    int size() {
        return byName.size();
    }
}
