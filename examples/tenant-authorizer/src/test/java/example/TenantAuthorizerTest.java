package example;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.RulesChanged;
import org.ternmq.testkit.AuthorizerConformance;
import org.ternmq.testkit.TestClientInfo;
import org.ternmq.testkit.TestPluginContext;

class TenantAuthorizerTest extends AuthorizerConformance {
    @TempDir
    Path folder;

    @Override
    protected Authorizer authorizer(RulesChanged changed) {
        return new TenantAuthorizerFactory().create(new TestPluginContext(folder), changed);
    }

    @Override
    protected TestClientInfo client() {
        return TestClientInfo.of("pump-7", "acme:pump-7");
    }

    @Override
    protected String allowed() {
        return "tenants/acme/pump-7/state";
    }

    @Override
    protected String forbidden() {
        return "vault/key";
    }
}
