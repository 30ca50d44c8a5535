package org.ternmq.testkit;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;
import org.ternmq.spi.PluginContext;

/** Binds a map to a record by the rules of {@link PluginContext#config}, and names every problem. Used once. */
final class SettingsBinder {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h|d)");

    private final PathResolver resolver;
    private final List<String> problems = new ArrayList<>();

    /** Makes a path of the settings absolute. */
    interface PathResolver {
        Path resolve(String path);
    }

    /** The value has a problem, which is noted already. */
    private static final class Unbound extends Exception {
        private static final long serialVersionUID = 1L;
    }

    SettingsBinder(PathResolver resolver) {
        this.resolver = resolver;
    }

    <R extends Record> R bind(Class<R> type, Map<String, ?> settings) {
        try {
            R bound = record(type, settings, "");
            if (problems.isEmpty()) {
                return bound;
            }
        } catch (Unbound e) {
            // is among the problems
        }
        throw new ConfigurationException(problems);
    }

    private <R extends Record> R record(Class<R> type, Map<?, ?> settings, String path) throws Unbound {
        int before = problems.size();
        RecordComponent[] components = type.getRecordComponents();
        Set<String> unknown = new LinkedHashSet<>();
        settings.keySet().forEach(key -> unknown.add(String.valueOf(key)));
        @Nullable Object[] arguments = new @Nullable Object[components.length];
        for (int i = 0; i < components.length; i++) {
            String key = kebab(components[i].getName());
            unknown.remove(key);
            try {
                arguments[i] = component(components[i], settings.get(key), path + key);
            } catch (Unbound e) {
                // goes on, to find the other problems too
            }
        }
        unknown.forEach(key -> problems.add(path + key + ": unknown key"));
        if (problems.size() > before) {
            throw new Unbound();
        }
        return construct(type, components, arguments, path);
    }

    private <R extends Record> R construct(
            Class<R> type, RecordComponent[] components, @Nullable Object[] arguments, String path) throws Unbound {
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            Constructor<R> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            throw problem(path, String.valueOf(e.getTargetException().getMessage()));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot make a " + type.getName(), e);
        }
    }

    private Object component(RecordComponent component, @Nullable Object value, String path) throws Unbound {
        Type type = component.getGenericType();
        Default whenMissing = component.getAnnotation(Default.class);
        Class<?> raw = component.getType();
        if (value != null) {
            return raw == Optional.class
                    ? Optional.of(value(argument(type, 0), value, path))
                    : value(type, value, path);
        }
        if (whenMissing != null) {
            return value(type, whenMissing.value(), path);
        }
        if (raw == Optional.class) {
            return Optional.empty();
        }
        if (raw == List.class) {
            return List.of();
        }
        if (raw == Map.class) {
            return Map.of();
        }
        throw problem(path, "missing");
    }

    private Object value(Type type, Object value, String path) throws Unbound {
        Class<?> raw = type instanceof ParameterizedType p ? (Class<?>) p.getRawType() : (Class<?>) type;
        if (raw == List.class) {
            return list(argument(type, 0), value, path);
        }
        if (raw == Map.class) {
            return map(argument(type, 1), value, path);
        }
        if (raw.isRecord() && raw != DataSize.class) {
            if (value instanceof Map<?, ?> settings) {
                return record(raw.asSubclass(Record.class), settings, path + ".");
            }
            throw problem(path, "must be a block of keys");
        }
        if (value instanceof List || value instanceof Map) {
            throw problem(path, "must be a single value");
        }
        try {
            return scalar(raw, String.valueOf(value));
        } catch (IllegalArgumentException e) {
            throw problem(path, String.valueOf(e.getMessage()));
        }
    }

    private List<Object> list(Type element, Object value, String path) throws Unbound {
        if (!(value instanceof List<?> values)) {
            throw problem(path, "must be a list");
        }
        List<Object> bound = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            bound.add(value(element, values.get(i), path + "[" + i + "]"));
        }
        return List.copyOf(bound);
    }

    private Map<String, Object> map(Type element, Object value, String path) throws Unbound {
        if (!(value instanceof Map<?, ?> values)) {
            throw problem(path, "must be a block of keys");
        }
        Map<String, Object> bound = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : values.entrySet()) {
            String key = String.valueOf(entry.getKey());
            bound.put(key, value(element, entry.getValue(), path + "." + key));
        }
        return Map.copyOf(bound);
    }

    private Object scalar(Class<?> type, String text) {
        if (type == String.class) {
            return text;
        } else if (type == int.class || type == Integer.class) {
            return Integer.valueOf(text);
        } else if (type == long.class || type == Long.class) {
            return Long.valueOf(text);
        } else if (type == double.class || type == Double.class) {
            return Double.valueOf(text);
        } else if (type == boolean.class || type == Boolean.class) {
            return bool(text);
        } else if (type == Duration.class) {
            return duration(text);
        } else if (type == DataSize.class) {
            return DataSize.parse(text);
        } else if (type == Path.class) {
            return resolver.resolve(text);
        } else if (type == URI.class) {
            return URI.create(text);
        } else if (type.isEnum()) {
            return constant(type, text);
        }
        throw new IllegalStateException("no setting can be a " + type.getName());
    }

    private static boolean bool(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("not true or false: '" + text + "'");
        };
    }

    private static Duration duration(String text) {
        Matcher m = DURATION.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException("not a time: '" + text + "' (write 500ms, 30s, 5m, 2h or 7d)");
        }
        long amount = Long.parseLong(m.group(1));
        return switch (m.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    private static Object constant(Class<?> type, String text) {
        UnaryOperator<String> written = name -> name.toLowerCase(Locale.ROOT).replace('_', '-');
        List<String> names = new ArrayList<>();
        for (Object constant : type.getEnumConstants()) {
            String name = written.apply(((Enum<?>) constant).name());
            if (name.equals(text)) {
                return constant;
            }
            names.add(name);
        }
        throw new IllegalArgumentException("'" + text + "' is not one of " + String.join(", ", names));
    }

    private static Type argument(Type type, int index) {
        return ((ParameterizedType) type).getActualTypeArguments()[index];
    }

    private static String kebab(String camel) {
        return camel.replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
    }

    private Unbound problem(String path, String message) {
        problems.add(
                path.isEmpty()
                        ? message
                        : (path.endsWith(".") ? path.substring(0, path.length() - 1) : path) + ": " + message);
        return new Unbound();
    }
}
