package org.ternmq.embedded;

import java.nio.charset.StandardCharsets;
import org.pf4j.Extension;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.Authenticator;
import org.ternmq.spi.AuthenticatorFactory;
import org.ternmq.spi.PluginContext;

/** An authenticator that knows one code. */
@Extension
public final class Door implements AuthenticatorFactory {
    /** Its settings. */
    public record Settings(String code) {}

    /** Called by the host of plugins. */
    public Door() {}

    @Override
    public String type() {
        return "door";
    }

    @Override
    public Authenticator create(PluginContext context) {
        String code = context.config(Settings.class).code();
        return credentials -> credentials
                        .password()
                        .filter(shown ->
                                StandardCharsets.UTF_8.decode(shown).toString().equals(code))
                        .isPresent()
                ? AuthResult.accepted()
                : AuthResult.rejected("wrong code");
    }
}
