package org.ternmq.auth.scram;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.EnhancedAuthenticator;
import org.ternmq.spi.EnhancedAuthenticator.Exchange;
import org.ternmq.spi.EnhancedAuthenticator.Step;
import org.ternmq.spi.EnhancedAuthenticator.Step.Accepted;
import org.ternmq.spi.EnhancedAuthenticator.Step.Challenge;
import org.ternmq.spi.EnhancedAuthenticator.Step.Rejected;
import org.ternmq.testkit.EnhancedAuthenticatorConformance;
import org.ternmq.testkit.TestCredentials;
import org.ternmq.testkit.TestPluginContext;

final class ScramAuthenticatorTest extends EnhancedAuthenticatorConformance {
    /** Of "wonderland", made by Python's hashlib. */
    private static final String WONDERLAND_512 = "SCRAM-SHA-512$4096:AAECAwQFBgcICQoLDA0ODw=="
            + "$GYUy3aIslsHQ8BvUWPx5VD9iowLPBKaayMZDkGtfXIO4kilIFNCCPvjOC3GyW6eptkceLkHrWI6sPRTyyyAJZQ=="
            + ":yPRgMrfZMxgbed+SM5qx8Epsef//u8+I7HtdWD3VffxrluY1rQ+TlBRYnEz1TKL1ZTkwZCAS0vc235E0vW715A==";

    private static final String WONDERLAND_256 = "SCRAM-SHA-256$4096:AAECAwQFBgcICQoLDA0ODw=="
            + "$/402vgvxjffLRN3AeSGi4QgeH65Nt2nFIfEP7zftvdM=:p9hNBfE/KM13hKZtdD/jetNwjPeEGbvgeMhn9wdYJyE=";

    @TempDir
    Path folder = Path.of("");

    /** As PostgreSQL 15 keeps them: ada and ewa, whose password SASLprep changes. */
    private static String golden() throws Exception {
        try (InputStream in = ScramAuthenticatorTest.class.getResourceAsStream("postgresql.users")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8);
        }
    }

    private EnhancedAuthenticator of(String users) throws Exception {
        Files.writeString(folder.resolve("users"), users);
        return open(Map.of("path", "users"));
    }

    private EnhancedAuthenticator open(Map<String, ?> settings) throws Exception {
        return new ScramAuthenticatorFactory().create(new TestPluginContext("scram", folder, settings));
    }

    @Override
    protected EnhancedAuthenticator authenticator() throws Exception {
        return of(golden());
    }

    @Override
    protected String username() {
        return "ada";
    }

    @Override
    protected Client good() {
        return new ScramTestClient("SCRAM-SHA-256", "ada", "correct horse");
    }

    @Override
    protected Client bad() {
        return new ScramTestClient("SCRAM-SHA-256", "ada", "correct horsf");
    }

    @Override
    protected Client unknown() {
        return new ScramTestClient("SCRAM-SHA-256", "nobody", "correct horse");
    }

    private static Step say(Exchange exchange, String message) throws Exception {
        return exchange.next(Optional.of(UTF_8.encode(message).asReadOnlyBuffer()));
    }

    private static Step begin(EnhancedAuthenticator authenticator, String message) throws Exception {
        return say(authenticator.begin(new TestCredentials()), message);
    }

    private static String challenge(Step step) {
        assertThat(step).isInstanceOf(Challenge.class);
        return UTF_8.decode(((Challenge) step).data()).toString();
    }

    private static void assertRejected(Step step, String detail) {
        assertThat(step).isInstanceOf(Rejected.class);
        assertThat(((Rejected) step).detail()).contains(detail);
    }

    private static Step login(
            EnhancedAuthenticator authenticator, TestCredentials credentials, String name, String password)
            throws Exception {
        ScramTestClient client = new ScramTestClient(authenticator.method(), name, password);
        try (Exchange exchange = authenticator.begin(credentials)) {
            Step step = say(exchange, new String(client.next(null), UTF_8));
            if (!(step instanceof Challenge challenge)) {
                return step;
            }
            Step end = say(exchange, new String(client.next(challenge(challenge).getBytes(UTF_8)), UTF_8));
            if (end instanceof Accepted accepted) {
                client.accepted(
                        UTF_8.decode(accepted.data().orElseThrow()).toString().getBytes(UTF_8));
            }
            return end;
        }
    }

    private static Step login(EnhancedAuthenticator authenticator, String name, String password) throws Exception {
        return login(authenticator, new TestCredentials(), name, password);
    }

    /** RFC 7677 3, word for word. */
    @Test
    void speaksTheExampleOfTheRfc() throws Exception {
        Path users = Files.writeString(
                folder.resolve("users"),
                "user:SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
                        + ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=\n");
        ScramAuthenticator authenticator = new ScramAuthenticator(
                users,
                Mechanism.SHA_256,
                new Decoys(new byte[32]),
                (before, now) -> {},
                () -> "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        Exchange exchange = authenticator.begin(new TestCredentials());
        assertThat(challenge(say(exchange, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO")))
                .isEqualTo("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        Step end = say(
                exchange,
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                        + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        assertThat(end).isInstanceOf(Accepted.class);
        Accepted accepted = (Accepted) end;
        assertThat(accepted.username()).isEqualTo("user");
        assertThat(accepted.attributes()).isEmpty();
        assertThat(UTF_8.decode(accepted.data().orElseThrow()).toString())
                .isEqualTo("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    @ParameterizedTest
    @CsvSource({"ada,correct horse", "ewa,pässwörd Ⅸ", "ewa,pässwörd IX"})
    void readsWhatPostgresqlKeeps(String name, String password) throws Exception {
        assertThat(login(authenticator(), name, password)).isInstanceOf(Accepted.class);
        assertRejected(login(authenticator(), name, password + "x"), "wrong password of '" + name + "'");
    }

    @Test
    void speaksSha512() throws Exception {
        Files.writeString(folder.resolve("users"), "alice:" + WONDERLAND_512 + "\n");
        EnhancedAuthenticator authenticator = open(Map.of("path", "users", "mechanism", "SCRAM-SHA-512"));
        assertThat(authenticator.method()).isEqualTo("SCRAM-SHA-512");
        assertThat(login(authenticator, "alice", "wonderland")).isInstanceOf(Accepted.class);
        assertRejected(login(authenticator, "alice", "wonderlanD"), "wrong password");
        assertRejected(login(authenticator, "bob", "wonderland"), "no user 'bob'");
    }

    @Test
    void aMechanismThatIsNotKnownStopsTheStart() throws Exception {
        Files.writeString(folder.resolve("users"), golden());
        assertThatThrownBy(() -> open(Map.of("path", "users", "mechanism", "SCRAM-SHA-1")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("mechanism: 'SCRAM-SHA-1' is not one of SCRAM-SHA-256, SCRAM-SHA-512");
    }

    /** RFC 5802 5.1: ',' and '=' in names; the names of the driver are written so. */
    @Test
    void readsNamesWithCommasAndEqualsSigns() throws Exception {
        EnhancedAuthenticator authenticator = of("a,b=c:" + WONDERLAND_256 + "\n");
        assertThat(login(authenticator, "a,b=c", "wonderland")).isInstanceOf(Accepted.class);
        assertThat(challenge(begin(authenticator, "n,,n=a=2Cb=3Dc,r=x"))).contains("s=AAECAwQFBgcICQoLDA0ODw==");
        for (String wrong : List.of("a=", "a=2", "a=2c", "a=3d", "a=41", "=", "a==")) {
            assertRejected(begin(authenticator, "n,,n=" + wrong + ",r=x"), "neither 2C nor 3D");
        }
    }

    /** RFC 4013: width and ligatures are folded, soft hyphens vanish, other spaces are spaces, controls are refused. */
    @Test
    void preparesNames() throws Exception {
        EnhancedAuthenticator authenticator = of("fi IX:" + WONDERLAND_256 + "\n");
        for (String same : List.of("fi IX", "\ufb01\u00a0\u2168", "f\u00adi IX")) {
            Step step = begin(authenticator, "n,,n=" + same + ",r=x");
            assertThat(challenge(step)).as(same).contains("s=AAECAwQFBgcICQoLDA0ODw==");
        }
        for (String prohibited : List.of("a\u0007", "a\u200e", "\ufffd", "\ue000", "\u06271")) {
            assertRejected(begin(authenticator, "n,,n=" + prohibited + ",r=x"), "SASLprep prohibits");
        }
        assertRejected(begin(authenticator, "n,,n=\u00ad,r=x"), "leaves nothing");
        assertThat(((Accepted) login(authenticator, "\ufb01 \u2168", "wonderland")).username())
                .isEqualTo("fi IX");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "n",
                "n,",
                "n,,",
                "n,,n=ada",
                "n,,n=,r=x",
                "n,,n=ada,r=",
                "n,,r=x,n=ada",
                "n,,N=ada,r=x",
                "n,,n=ada,r=x y",
                "n,,n=ada,r=ü",
                "n,,n=ada,r=x,",
                "n,,n=ada,r=x,1=a",
                "n,,n=ada,r=x,z=",
                "n,,m=ext,n=ada,r=x",
                "n,,n=ada,r=x,m=ext",
                "n,a=,n=ada,r=x",
                "n,b=ada,n=ada,r=x",
                "n,a=eve,n=ada,r=x",
                "n,a=ad=,n=ada,r=x",
                "p=tls-unique,,n=ada,r=x",
                "p=,,n=ada,r=x",
                "p,,n=ada,r=x",
                "q,,n=ada,r=x",
                "nn,,n=ada,r=x",
                ",,n=ada,r=x",
                "n,,n=a\0da,r=x"
            })
    void refusesFirstMessagesThatAreNot(String message) throws Exception {
        Exchange exchange = authenticator().begin(new TestCredentials());
        assertThat(say(exchange, message)).isInstanceOf(Rejected.class);
        assertRejected(say(exchange, "n,,n=ada,r=x"), "after the end");
    }

    @ParameterizedTest
    @ValueSource(strings = {"n,,n=ada,r=x", "y,,n=ada,r=x", "n,a=ada,n=ada,r=x", "n,,n=ada,r=x,e=xt,Z=any=thing"})
    void takesFirstMessagesThatAre(String message) throws Exception {
        assertThat(challenge(begin(authenticator(), message))).matches("r=x[^,]{32},s=7t/[^,]+,i=4096");
    }

    /** With "y" and an authzid, c= is other than the usual "biws"; extensions are covered by the proof. */
    @Test
    void checksWhatTheLastMessageRepeats() throws Exception {
        for (String header : List.of("n,,", "y,,", "n,a=ada,")) {
            for (String extension : List.of("", ",e=xt")) {
                assertThat(answered(header, header, extension)).as(header).isInstanceOf(Accepted.class);
            }
        }
        assertRejected(answered("y,,", "n,,", ""), "another GS2 header");
        assertRejected(answered("n,,", "y,,", ""), "another GS2 header");
        assertRejected(answered("n,a=ada,", "n,,", ""), "another GS2 header");
        assertRejected(answered("n,,", "n,,", ",m=ext"), "mandatory extension");
        assertRejected(answered("n,,", "n,,", ",nonsense"), "an extension that is no attribute");
    }

    private Step answered(String header, String repeated, String extension) throws Exception {
        Exchange exchange = of("ada:" + WONDERLAND_256 + "\n").begin(new TestCredentials());
        String challenge = challenge(say(exchange, header + "n=ada,r=x"));
        return say(exchange, HandMade.last("wonderland", "n=ada,r=x", challenge, repeated, extension));
    }

    @Test
    void refusesLastMessagesThatAreNot() throws Exception {
        EnhancedAuthenticator authenticator = of("ada:" + WONDERLAND_256 + "\n");
        String proof = "A".repeat(43) + "=";
        for (String message : List.of(
                "",
                "c=biws",
                "c=biws,r=NONCE",
                "c=biws,r=NONCE,p=",
                "c=biws,r=NONCE,p=!",
                "c=biws,r=NONCE,p=AAAA",
                "c=biws,r=NONCE,p=" + proof.replace("=", ""),
                "c=biws,r=NONCE,p=" + proof + ",e=xt",
                "c=biws,r=NONCE,p=" + proof + ",",
                "c=biws,p=" + proof,
                "r=NONCE,c=biws,p=" + proof,
                "c=,r=NONCE,p=" + proof,
                "c=biw,r=NONCE,p=" + proof,
                "c=biws,r=x,p=" + proof,
                "c=biws,r=NONCEx,p=" + proof,
                "m=ext,c=biws,r=NONCE,p=" + proof,
                "c=biws,r=NONCE,p=" + proof)) {
            Exchange exchange = authenticator.begin(new TestCredentials());
            String challenge = challenge(say(exchange, "n,,n=ada,r=x"));
            String nonce = challenge.substring(2, challenge.indexOf(','));
            assertThat(say(exchange, message.replace("NONCE", nonce)))
                    .as(message)
                    .isInstanceOf(Rejected.class);
        }
    }

    /** RFC 5802 9: the nonce of another exchange is refused, with a proof that was right there. */
    @Test
    void refusesTheNonceOfBefore() throws Exception {
        EnhancedAuthenticator authenticator = of("ada:" + WONDERLAND_256 + "\n");
        Exchange before = authenticator.begin(new TestCredentials());
        String first = challenge(say(before, "n,,n=ada,r=x"));
        String last = HandMade.last("wonderland", "n=ada,r=x", first, "n,,", "");
        assertThat(say(before, last)).isInstanceOf(Accepted.class);
        Exchange after = authenticator.begin(new TestCredentials());
        assertThat(challenge(say(after, "n,,n=ada,r=x"))).isNotEqualTo(first);
        assertRejected(say(after, last), "nonce of another exchange");
    }

    @Test
    void theNameInTheConnectIsTheSameOrMissing() throws Exception {
        EnhancedAuthenticator authenticator = authenticator();
        TestCredentials connect = new TestCredentials();
        assertThat(login(authenticator, connect.withUsername("ada"), "ada", "correct horse"))
                .isInstanceOf(Accepted.class);
        assertThat(login(authenticator, connect.withUsername("\uff41da"), "ada", "correct horse")) // a wide a
                .isInstanceOf(Accepted.class);
        assertRejected(
                login(authenticator, connect.withUsername("ewa"), "ada", "correct horse"),
                "the user name in the CONNECT is not 'ada'");
        for (String wrong : List.of("", "Ada", "ada\u0001", "ada ")) {
            assertThat(login(authenticator, connect.withUsername(wrong), "ada", "correct horse"))
                    .as(wrong)
                    .isInstanceOf(Rejected.class);
        }
        assertThat(login(authenticator, connect.withPassword("not looked at"), "ada", "correct horse"))
                .isInstanceOf(Accepted.class);
    }

    /** RFC 5802 9: unknown names get a salt as known names do: the same every time, over reloads and restarts. */
    @Test
    void challengesUnknownNamesLikeKnownOnes() throws Exception {
        String slow = WONDERLAND_256.replace("4096", "20000");
        String users = "ada:" + WONDERLAND_256 + "\nbob:" + WONDERLAND_256 + "\ncid:" + slow + "\n";
        EnhancedAuthenticator authenticator = of(users);
        Set<String> salts = new HashSet<>();
        int many = 0;
        Pattern form = Pattern.compile("r=x[^,]{32},s=[A-Za-z0-9+/]{22}==,i=(4096|20000)");
        for (int i = 0; i < 300; i++) {
            String message = "n,,n=nobody" + i + ",r=x";
            String challenge = challenge(begin(authenticator, message));
            assertThat(challenge).matches(form);
            String constant = constant(challenge);
            assertThat(constant(challenge(begin(authenticator, message)))).isEqualTo(constant);
            salts.add(constant);
            many += challenge.endsWith("20000") ? 1 : 0;
        }
        assertThat(salts).hasSize(300);
        assertThat(many).as("some have many iterations, as some known ones do").isBetween(1, 299);

        String before = constant(challenge(begin(authenticator, "n,,n=nobody,r=x")));
        authenticator.reload();
        assertThat(constant(challenge(begin(authenticator, "n,,n=nobody,r=x")))).isEqualTo(before);
        EnhancedAuthenticator restarted = of(users);
        assertThat(constant(challenge(begin(restarted, "n,,n=nobody,r=x")))).isEqualTo(before);
        Files.delete(folder.resolve("data/secret"));
        assertThat(constant(challenge(begin(of(users), "n,,n=nobody,r=x"))))
                .as("another instance has other salts")
                .isNotEqualTo(before);
    }

    private static String constant(String challenge) {
        return challenge.substring(challenge.indexOf(",s="));
    }

    @Test
    void anEmptyFileLetsNobodyInAndDoesNotSaySo() throws Exception {
        EnhancedAuthenticator authenticator = of("# nobody\n\n");
        assertThat(challenge(begin(authenticator, "n,,n=ada,r=x"))).matches("r=x.{32},s=.{22}==,i=100000");
        assertRejected(login(authenticator, "ada", "correct horse"), "there is no user 'ada'");
    }

    @Test
    void aSecretThatIsNotWholeStopsTheStart() throws Exception {
        authenticator();
        Files.writeString(folder.resolve("data/secret"), "short");
        assertThatThrownBy(this::authenticator)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("5 bytes instead of 32");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zoe",
                "zoe:",
                ":" + WONDERLAND_256,
                "zoe:plaintext",
                "zoe:$7$101$y1vdRoEZwuisZ8gA$AAAA",
                "zoe:SCRAM-SHA-256$4096:AAEC$AAAA:AAAA",
                "zoe:SCRAM-SHA-256$4095:AAECAwQFBgcICQoLDA0ODw=="
                        + "$/402vgvxjffLRN3AeSGi4QgeH65Nt2nFIfEP7zftvdM=:p9hNBfE/KM13hKZtdD/jetNwjPeEGbvgeMhn9wdYJyE=",
                "zoe:SCRAM-SHA-256$99999999:AAECAwQFBgcICQoLDA0ODw=="
                        + "$/402vgvxjffLRN3AeSGi4QgeH65Nt2nFIfEP7zftvdM=:p9hNBfE/KM13hKZtdD/jetNwjPeEGbvgeMhn9wdYJyE=",
                "zoe:SCRAM-SHA-256$04096:AAECAwQFBgcICQoLDA0ODw=="
                        + "$/402vgvxjffLRN3AeSGi4QgeH65Nt2nFIfEP7zftvdM=:p9hNBfE/KM13hKZtdD/jetNwjPeEGbvgeMhn9wdYJyE=",
                "zoe:SCRAM-SHA-256$4096:AAECAwQFBgcICQoLDA0ODw"
                        + "$/402vgvxjffLRN3AeSGi4QgeH65Nt2nFIfEP7zftvdM=:p9hNBfE/KM13hKZtdD/jetNwjPeEGbvgeMhn9wdYJyE=",
                "zoe: " + WONDERLAND_256,
                "zoe:" + WONDERLAND_256 + " ",
                "zoe:" + WONDERLAND_512,
                "\ufb01:" + WONDERLAND_256,
                "a\u200eb:" + WONDERLAND_256,
                "zo\u0000e:" + WONDERLAND_256,
                "ada:" + WONDERLAND_256,
                " "
            })
    void aFileWithABrokenLineIsRefusedAsAWhole(String line) throws Exception { // threats 11: CVE-2018-12551
        assertThatThrownBy(() -> of(golden() + line + "\n"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("users:3: ")
                .hasMessageNotContaining("AAEC")
                .hasMessageNotContaining("y1vd");
    }

    @Test
    void everyBrokenLineIsNamedAndSoIsAMissingFile() throws Exception {
        assertThatThrownBy(() -> of("# comment\na\n\nb:\n"))
                .hasMessageContaining("users:2: ")
                .hasMessageContaining("users:4: ");
        Files.delete(folder.resolve("users"));
        assertThatThrownBy(() -> open(Map.of("path", "users")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no such file")
                .hasMessageContaining("passwd --scram");
    }

    @Test
    void reloadSwapsTheUsersAndABadFileKeepsTheOldOnes() throws Exception { // threats 12: CVE-2017-7652
        EnhancedAuthenticator authenticator = authenticator();
        Files.writeString(folder.resolve("users"), "alice:" + WONDERLAND_256 + "\n");
        authenticator.reload();
        assertThat(login(authenticator, "alice", "wonderland")).isInstanceOf(Accepted.class);
        assertRejected(login(authenticator, "ada", "correct horse"), "no user 'ada'");
        Files.writeString(folder.resolve("users"), golden() + "broken\n");
        assertThatThrownBy(authenticator::reload).hasMessageContaining("users:3: ");
        assertThat(login(authenticator, "alice", "wonderland")).isInstanceOf(Accepted.class);
        assertRejected(login(authenticator, "ada", "correct horse"), "no user 'ada'");
    }

    @Test
    void usersWhoWereRemovedOrHaveAnotherPasswordAreRevoked() throws Exception {
        Path users = folder.resolve("users");
        for (String changed : List.of("keep", "disconnect")) {
            Files.writeString(users, "ada:" + WONDERLAND_256 + "\nbob:" + WONDERLAND_256 + "\n");
            TestPluginContext context = new TestPluginContext(
                    "scram",
                    folder,
                    Map.of("path", "users", "removed-users", "end-session", "changed-passwords", changed));
            EnhancedAuthenticator authenticator = new ScramAuthenticatorFactory().create(context);
            Files.writeString(users, "ada:" + WONDERLAND_256.replace("AAECAwQFBg", "AAECAwQGBg") + "\n");
            authenticator.reload();
            List<TestPluginContext.Revoked> revoked = new ArrayList<>();
            revoked.add(new TestPluginContext.Revoked(Set.of("bob"), true));
            if (changed.equals("disconnect")) {
                revoked.add(new TestPluginContext.Revoked(Set.of("ada"), false));
            }
            assertThat(context.revoked()).isEqualTo(revoked);
            context.close();
        }
    }

    @Test
    void aRefusalNamesWhoWasClaimed() throws Exception {
        for (String name : List.of("ada", "nobody")) {
            assertThat(login(authenticator(), name, "wrong"))
                    .isInstanceOfSatisfying(
                            Rejected.class, r -> assertThat(r.username()).contains(name));
        }
    }

    /** Who was removed, or has another password now, does not come in by a challenge of before. */
    @Test
    void judgesByTheUsersOfNow() throws Exception {
        for (String now : List.of("", "ada:" + WONDERLAND_256.replace("p9hNBfE", "p9hNBfF") + "\n", golden())) {
            EnhancedAuthenticator authenticator = of("ada:" + WONDERLAND_256 + "\n");
            Exchange exchange = authenticator.begin(new TestCredentials());
            String challenge = challenge(say(exchange, "n,,n=ada,r=x"));
            Files.writeString(folder.resolve("users"), now);
            authenticator.reload();
            Step end = say(exchange, HandMade.last("wonderland", "n=ada,r=x", challenge, "n,,", ""));
            boolean samePassword = now.contains("AAECAwQ");
            assertThat(end).isInstanceOf(samePassword ? Accepted.class : Rejected.class);
        }
    }

    /** Every line with one character changed, left out or doubled is refused, or lets in nobody but by the right password. */
    @Test
    void aDamagedLineIsRefusedOrIsAnotherWellFormedOne() throws Exception {
        String line = "ada:" + WONDERLAND_256;
        Pattern wellFormed = Pattern.compile("[^:\\p{Cntrl}]+:SCRAM-SHA-256\\$[1-9][0-9]{3,7}:[A-Za-z0-9+/]+=*"
                + "\\$[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=");
        List<String> wrong = new ArrayList<>();
        int refused = 0;
        for (int i = 0; i < line.length(); i++) {
            for (String put : List.of("", line.substring(i, i + 1).repeat(2), "$", "A", "=", "\0")) {
                String damaged = line.substring(0, i) + put + line.substring(i + 1);
                try {
                    Users.read(
                            Files.writeString(folder.resolve("users"), damaged),
                            Mechanism.SHA_256,
                            new Decoys(new byte[32]));
                    if (!wellFormed.matcher(damaged).matches()) {
                        wrong.add(damaged);
                    }
                } catch (ConfigurationException e) {
                    refused++;
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(refused).isGreaterThan(500);
    }
}
