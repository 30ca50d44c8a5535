package org.ternmq.broker.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.Base64;
import java.util.List;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PasswordFileTest {
    @TempDir
    Path folder = Path.of("");

    private Path file() {
        return folder.resolve("users");
    }

    @Test
    void writesTheFormOfMosquittoPasswdWithTodaysIterations() throws Exception {
        assertThat(new PasswordFile(file()).put("ada", "pässwörd".toCharArray()))
                .isTrue();
        String line = Files.readAllLines(file(), StandardCharsets.UTF_8).get(0);
        String[] fields = line.split("\\$", -1);
        assertThat(fields).hasSize(5);
        assertThat(fields[0]).isEqualTo("ada:");
        assertThat(fields[1]).isEqualTo("7");
        assertThat(fields[2]).isEqualTo("210000");
        byte[] salt = Base64.getDecoder().decode(fields[3]);
        assertThat(salt).hasSizeGreaterThanOrEqualTo(16);
        byte[] expected = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                .generateSecret(new PBEKeySpec("pässwörd".toCharArray(), salt, 210_000, 512))
                .getEncoded();
        assertThat(Base64.getDecoder().decode(fields[4])).isEqualTo(expected);
    }

    @Test
    void keepsOtherLinesAndTheirOrder() throws Exception {
        Files.writeString(file(), "# people\nada:old\n\nbob:kept\n");
        assertThat(new PasswordFile(file()).put("ada", "new".toCharArray())).isFalse();
        List<String> lines = Files.readAllLines(file(), StandardCharsets.UTF_8);
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).isEqualTo("# people");
        assertThat(lines.get(1)).startsWith("ada:$7$");
        assertThat(lines.get(3)).isEqualTo("bob:kept");
        assertThat(new PasswordFile(file()).delete("bob")).isTrue();
        assertThat(new PasswordFile(file()).delete("bob")).isFalse();
        assertThat(Files.readAllLines(file(), StandardCharsets.UTF_8)).hasSize(3);
    }

    @Test
    void aNewFileIsForItsOwnerOnlyAndAnOldOneKeepsItsMode() throws Exception { // threats 34: CVE-2017-9868
        PasswordFile users = new PasswordFile(file());
        users.put("ada", "x".toCharArray());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-r-----"));
        users.put("bob", "y".toCharArray());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-r-----");
        try (var left = Files.list(folder)) {
            assertThat(left).containsExactly(file());
        }
    }

    @Test
    void theFileStaysWithItsOwner() throws Exception {
        PasswordFile users = new PasswordFile(file());
        users.put("ada", "x".toCharArray());
        PosixFileAttributeView view = Files.getFileAttributeView(file(), PosixFileAttributeView.class);
        UserPrincipalLookupService people = file().getFileSystem().getUserPrincipalLookupService();
        try {
            view.setOwner(people.lookupPrincipalByName("nobody"));
            view.setGroup(people.lookupPrincipalByGroupName("nogroup"));
        } catch (IOException e) {
            Assumptions.abort("only root can give files away: " + e);
        }
        users.put("bob", "y".toCharArray());
        PosixFileAttributes after = view.readAttributes();
        assertThat(after.owner().getName()).isEqualTo("nobody");
        assertThat(after.group().getName()).isEqualTo("nogroup");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "#a", "a\nb", "a\u0000"})
    void refusesNamesThatALineCannotHold(String name) {
        assertThatThrownBy(() -> new PasswordFile(file()).put(name, "x".toCharArray()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(file()).doesNotExist();
    }
}
