package example;

import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.AuthenticatorFactory;
import org.ternmq.spi.Credentials;
import org.ternmq.spi.Default;
import org.ternmq.spi.PluginContext;

/**
 * Sends user and password to a service: 200 and 204 let the client in, 401 and 403 do not, and whatever else comes refuses it
 * as "server unavailable". For real use there is the plugin auth-http, which also has a cache and limits.
 */
@Extension
public final class RestAuthenticatorFactory implements AuthenticatorFactory {
    /** The block in the YAML: {type: rest, url: "https://…/login", timeout: 2s}. */
    public record Settings(URI url, @Default("2s") Duration timeout) {}

    @Override
    public String type() {
        return "rest";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(Settings.class);
    }

    @Override
    public Authenticator create(PluginContext context) {
        Settings settings = context.config(Settings.class);
        return credentials -> authenticate(settings, credentials);
    }

    /** On one of the broker's workers: it may block, as long as authentication.timeout lets it. */
    private static AuthResult authenticate(Settings settings, Credentials credentials) throws IOException {
        if (credentials.username().isEmpty() || credentials.password().isEmpty()) {
            return AuthResult.abstained();
        }
        byte[] body = form(credentials.username().get(), credentials.password().get());
        HttpURLConnection http = (HttpURLConnection) settings.url().toURL().openConnection();
        http.setConnectTimeout((int) settings.timeout().toMillis());
        http.setReadTimeout((int) settings.timeout().toMillis());
        http.setInstanceFollowRedirects(false); // a password goes to nobody else
        http.setDoOutput(true);
        http.setFixedLengthStreamingMode(body.length);
        http.setRequestProperty("Content-Type", "application/x-www-form-urlencoded");
        try (OutputStream out = http.getOutputStream()) {
            out.write(body);
        } finally {
            Arrays.fill(body, (byte) 0);
        }
        int status = http.getResponseCode();
        return switch (status) {
            case 200, 204 -> AuthResult.accepted();
            case 401, 403 -> AuthResult.rejected("the service said " + status);
            default -> throw new IOException("the service said " + status);
        };
    }

    private static byte[] form(String user, ByteBuffer password) {
        String text = new String(bytes(password), StandardCharsets.ISO_8859_1); // one character for each byte
        return ("user=" + URLEncoder.encode(user, StandardCharsets.UTF_8) + "&password="
                        + URLEncoder.encode(text, StandardCharsets.ISO_8859_1))
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
