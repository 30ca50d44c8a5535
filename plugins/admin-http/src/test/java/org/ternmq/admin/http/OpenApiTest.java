package org.ternmq.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ternmq.spi.UserProperty;
import org.ternmq.spi.control.BanView;
import org.ternmq.spi.control.BridgeView;
import org.ternmq.spi.control.BrokerControl;
import org.ternmq.spi.control.ClientRates;
import org.ternmq.spi.control.ConnectionView;
import org.ternmq.spi.control.GuardView;
import org.ternmq.spi.control.LastEnd;
import org.ternmq.spi.control.ListenerCounts;
import org.ternmq.spi.control.ListenerView;
import org.ternmq.spi.control.LogLevel;
import org.ternmq.spi.control.Overview;
import org.ternmq.spi.control.PluginView;
import org.ternmq.spi.control.ReloadView;
import org.ternmq.spi.control.RetainedLevel;
import org.ternmq.spi.control.RetainedView;
import org.ternmq.spi.control.RouteView;
import org.ternmq.spi.control.SessionView;
import org.ternmq.spi.control.Setting;
import org.ternmq.spi.control.SlowSubscriber;
import org.ternmq.spi.control.StorageView;
import org.ternmq.spi.control.SubscriptionView;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** openapi.yaml says what is served, and nothing else. */
final class OpenApiTest {
    private static Map<String, Object> described = Map.of();

    @BeforeAll
    static void read() throws IOException {
        try (InputStream in = Objects.requireNonNull(Api.class.getResourceAsStream("openapi.yaml"))) {
            described = map(new Yaml(new SafeConstructor(new LoaderOptions())).load(in));
        }
    }

    private static Map<String, Object> map(Object value) {
        Map<String, Object> result = new TreeMap<>();
        ((Map<?, ?>) value).forEach((name, inner) -> result.put(String.valueOf(name), inner));
        return result;
    }

    private static Object at(Object from, String... path) {
        Object found = from;
        for (String name : path) {
            found = Objects.requireNonNull(map(found).get(name), name);
        }
        return found;
    }

    private static List<Route> routes() {
        BrokerControl nobody = (BrokerControl) Proxy.newProxyInstance(
                OpenApiTest.class.getClassLoader(), new Class<?>[] {BrokerControl.class}, (self, method, arguments) -> {
                    throw new AssertionError(method);
                });
        return new Api(nobody).routes();
    }

    @Test
    void everyRouteIsDescribedAndEveryDescriptionIsARoute() {
        Set<String> served = routes().stream()
                .map(route -> route.method() + " " + route.path() + " " + route.role() + " "
                        + new TreeSet<>(route.parameters()))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> said = new TreeSet<>();
        map(at(described, "paths")).forEach((path, methods) -> {
            if (!path.startsWith("/health/")) {
                map(methods)
                        .forEach((method, operation) -> said.add(method.toUpperCase(Locale.ROOT) + " " + path + " "
                                + map(operation).get("x-role") + " " + query(map(operation))));
            }
        });
        assertThat(said).isEqualTo(served);
    }

    private static Set<String> query(Map<String, Object> operation) {
        Set<String> names = new TreeSet<>();
        if (operation.get("parameters") instanceof List<?> parameters) {
            for (Object parameter : parameters) {
                Map<String, Object> fields = map(parameter);
                if (fields.get("$ref") instanceof String ref) {
                    names.add(ref.substring(ref.lastIndexOf('/') + 1));
                } else if ("query".equals(fields.get("in"))) {
                    names.add(String.valueOf(fields.get("name")));
                }
            }
        }
        return names;
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                Overview.class,
                SessionView.class,
                ConnectionView.class,
                LastEnd.class,
                SubscriptionView.class,
                RouteView.class,
                RetainedView.class,
                RetainedLevel.class,
                ListenerView.class,
                ListenerCounts.class,
                ClientRates.class,
                SlowSubscriber.class,
                PluginView.class,
                PluginView.Instance.class,
                Setting.class,
                StorageView.class,
                BanView.class,
                GuardView.class,
                LogLevel.class,
                UserProperty.class,
                BridgeView.class,
                ReloadView.class,
                Json.BackupRequest.class,
                Json.PublishRequest.class
            })
    void everyFieldIsDescribed(Class<?> type) {
        Set<String> fields = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .collect(Collectors.toSet());
        Object properties = at(described, "components", "schemas", type.getSimpleName(), "properties");
        assertThat(map(properties).keySet()).isEqualTo(fields);
    }
}
