package org.ternmq.auth.scram;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.ConfigurationException;

/**
 * The users of a file: a line {@code name:verifier} each; empty lines and lines that start with {@code #} say nothing. A file
 * with one line that is no user is refused as a whole, since half a file would let in or lock out whom nobody meant.
 * Immutable.
 */
final class Users {
    /** What unknown names get if there are no known ones: what {@code ternmq passwd} writes. */
    private static final Verifier USUAL = new Verifier(100_000, new byte[16], new byte[0], new byte[0]);

    private final Mechanism mechanism;
    private final Decoys decoys;
    private final Map<String, Verifier> byName;
    /** The known verifiers, in an order that is secret. */
    private final TreeMap<Long, Verifier> byPlace = new TreeMap<>();

    private Users(Mechanism mechanism, Decoys decoys, Map<String, Verifier> byName) {
        this.mechanism = mechanism;
        this.decoys = decoys;
        this.byName = Map.copyOf(byName);
        byName.forEach((name, verifier) -> byPlace.put(decoys.place(name), verifier));
    }

    /**
     * Reads a file.
     *
     * @throws ConfigurationException if it cannot be read, with the reason; or with every line that is no user, by number
     *     and without what it holds
     */
    static Users read(Path file, Mechanism mechanism, Decoys decoys) {
        Map<String, Verifier> users = new HashMap<>();
        List<String> problems = new ArrayList<>();
        String[] lines = text(file).split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].endsWith("\r") ? lines[i].substring(0, lines[i].length() - 1) : lines[i];
            if (!line.isEmpty() && !line.startsWith("#")) {
                String problem = add(users, mechanism, line);
                if (problem != null) {
                    problems.add(file + ":" + (i + 1) + ": " + problem);
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
        return new Users(mechanism, decoys, users);
    }

    private static String text(Path file) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (NoSuchFileException e) {
            throw new ConfigurationException(
                    file + ": there is no such file; 'ternmq passwd --scram " + file + " NAME' makes it");
        } catch (CharacterCodingException e) {
            throw new ConfigurationException(file + ": is not UTF-8 text");
        } catch (IOException e) {
            throw new ConfigurationException(file + ": cannot be read: " + e);
        }
    }

    private static @Nullable String add(Map<String, Verifier> users, Mechanism mechanism, String line) {
        if (line.chars().anyMatch(Character::isISOControl)) {
            return "the line has a control character";
        }
        int colon = line.indexOf(':');
        if (colon < 0) {
            return "no ':' between name and verifier";
        }
        if (colon == 0) {
            return "no name in front of the ':'";
        }
        String name = line.substring(0, colon);
        try {
            // A name in another form than clients' names are brought into would never be found.
            if (!Syntax.prepare(name).equals(name)) {
                return "the name is not in the form that SASLprep gives it; 'ternmq passwd --scram' writes it so";
            }
            if (users.put(name, Verifier.parse(mechanism, line.substring(colon + 1))) != null) {
                return "the name was there before";
            }
            return null;
        } catch (MalformedException e) {
            return e.detail();
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    /** The names that another file does not have. */
    Set<String> missingIn(Users other) {
        Set<String> missing = new HashSet<>(byName.keySet());
        missing.removeAll(other.byName.keySet());
        return missing;
    }

    /** The names that have another verifier in another file. */
    Set<String> changedIn(Users other) {
        Set<String> changed = new HashSet<>();
        byName.forEach((name, verifier) -> {
            Verifier there = other.find(name);
            if (there != null && !there.sameAs(verifier)) {
                changed.add(name);
            }
        });
        return changed;
    }

    /** The verifier of a user, null if there is none of this name. */
    @Nullable
    Verifier find(String name) {
        return byName.get(name);
    }

    /**
     * What to answer if the name is not there. Its iterations and the length of its salt are those of a known user, the same
     * one for the same name as long as this user stays, so that unknown names look as known ones do on the whole.
     */
    Verifier decoy(String name) {
        Map.Entry<Long, Verifier> next = byPlace.ceilingEntry(decoys.place(name));
        Map.Entry<Long, Verifier> model = next != null ? next : byPlace.firstEntry();
        return decoys.like(model != null ? model.getValue() : USUAL, mechanism, name);
    }
}
