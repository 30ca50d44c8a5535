package example;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.ternmq.spi.Authenticator;
import org.ternmq.testkit.AuthenticatorConformance;
import org.ternmq.testkit.TestCredentials;
import org.ternmq.testkit.TestPluginContext;

class RestAuthenticatorTest extends AuthenticatorConformance {
    private static final ExecutorService THREADS = Executors.newCachedThreadPool();
    private static HttpServer service;

    @TempDir
    Path folder;

    @BeforeAll
    static void startService() throws Exception {
        service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.setExecutor(THREADS);
        service.createContext("/login", call -> {
            String form = new String(call.getRequestBody().readAllBytes(), StandardCharsets.US_ASCII);
            call.sendResponseHeaders(form.equals("user=ada&password=correct+horse") ? 204 : 401, -1);
            call.close();
        });
        service.start();
    }

    @AfterAll
    static void stopService() {
        service.stop(0);
        THREADS.shutdownNow();
    }

    @Override
    protected Authenticator authenticator() {
        String url = "http://127.0.0.1:" + service.getAddress().getPort() + "/login";
        return new RestAuthenticatorFactory().create(new TestPluginContext("rest", folder, Map.of("url", url)));
    }

    @Override
    protected TestCredentials good() {
        return TestCredentials.of("ada", "correct horse");
    }
}
