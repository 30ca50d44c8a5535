package ${package};

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.AuthenticatorFactory;
import org.ternmq.spi.Default;
import org.ternmq.spi.PluginContext;

@Extension
public final class DoorFactory implements AuthenticatorFactory {
    /** The block in the YAML: {type: door, code: …, guest: …, zone: …}. A key that is not here stops the start. */
    public record Settings(String code, String guest, @Default("lobby") String zone) {}

    @Override
    public String type() {
        return "door";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(Settings.class);
    }

    @Override
    public Authenticator create(PluginContext context) {
        Settings settings = context.config(Settings.class);
        byte[] code = settings.code().getBytes(StandardCharsets.UTF_8);
        return credentials -> {
            boolean known = credentials.username().equals(Optional.of(settings.guest()));
            if (!known || credentials.password().isEmpty()) {
                return AuthResult.abstained(); // not for this door; the next one is asked, and the last one refuses
            }
            byte[] shown = bytes(credentials.password().get());
            boolean right = MessageDigest.isEqual(code, shown);
            Arrays.fill(shown, (byte) 0);
            return right
                    ? new AuthResult.Accepted(Map.of("zone", settings.zone()))
                    : AuthResult.rejected("wrong code");
        };
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
