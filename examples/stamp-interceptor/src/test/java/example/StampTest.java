package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.Message;
import org.ternmq.spi.PublishInterceptor;
import org.ternmq.spi.PublishInterceptor.Verdict;
import org.ternmq.spi.UserProperty;
import org.ternmq.testkit.PublishInterceptorConformance;
import org.ternmq.testkit.TestPluginContext;

class StampTest extends PublishInterceptorConformance {
    @TempDir
    Path folder;

    private TestPluginContext context;

    @Override
    protected PublishInterceptor interceptor() {
        context = new TestPluginContext(folder);
        return new StampFactory().create(context);
    }

    @Test
    void stampsBehindWhatIsThere() {
        Message message = Message.builder("a").userProperty("unit", "kWh").build();
        Verdict.Replace verdict = (Verdict.Replace) judge(client(), message);
        assertEquals(
                List.of(
                        new UserProperty("unit", "kWh"),
                        new UserProperty("received-at", context.clock().instant().toString())),
                verdict.message().userProperties());
    }
}
