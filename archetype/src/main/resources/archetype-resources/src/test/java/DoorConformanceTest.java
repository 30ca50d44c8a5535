package ${package};

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.Authenticator;
import org.ternmq.testkit.AuthenticatorConformance;
import org.ternmq.testkit.TestCredentials;
import org.ternmq.testkit.TestPluginContext;

/** What every authenticator must do, the door does. */
class DoorConformanceTest extends AuthenticatorConformance {
    @TempDir
    Path folder;

    @Override
    protected Authenticator authenticator() {
        return new DoorFactory().create(new TestPluginContext("door", folder, Map.of("code", "1234", "guest", "ada")));
    }

    @Override
    protected TestCredentials good() {
        return TestCredentials.of("ada", "1234");
    }
}
