package org.ternmq.broker.config;

import java.io.StringReader;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;

/**
 * Binds a block of the configuration to a record, strictly, as {@link org.ternmq.spi.PluginContext#config} describes; for
 * the core's own records also {@link Rules}, {@link Place} and {@link PluginBlock}.
 *
 * <p>It goes on after a problem: a component that cannot be bound gets its default, so that what is checked later can
 * still be checked. Whoever called must look at the problems before using the result.
 */
final class RecordBinder {
    private static final int FEW_KEYS = 12;

    private final Path base;
    private final Problems problems;

    /**
     * A binder.
     *
     * @param base what relative paths are relative to
     * @param problems takes what is wrong
     */
    RecordBinder(Path base, Problems problems) {
        this.base = base;
        this.problems = problems;
    }

    /**
     * Binds a block.
     *
     * @param place the block
     * @param type the record
     * @param claimed keys of the block that somebody else reads
     * @return null if it cannot be bound; then there is a problem
     * @throws IllegalArgumentException if the record itself is not one that can be bound
     */
    <R extends Record> @Nullable R bind(Place place, Class<R> type, Set<String> claimed) {
        ConfigNode.Mapping block;
        if (place.node() instanceof ConfigNode.Mapping m) {
            block = m;
        } else if (place.node() instanceof ConfigNode.Empty) {
            block = new ConfigNode.Mapping(place.origin(), Map.of());
        } else {
            expected(place, "a block");
            return null;
        }
        RecordComponent[] components = type.getRecordComponents();
        Set<String> known = new LinkedHashSet<>();
        for (RecordComponent c : components) {
            if (c.getType() != Place.class && !c.isAnnotationPresent(Rules.Rest.class)) {
                known.add(key(c));
            }
        }
        boolean hasRest = Arrays.stream(components).anyMatch(c -> c.isAnnotationPresent(Rules.Rest.class));
        if (!hasRest) {
            refuseUnknownKeys(block, place, known, claimed);
        }
        boolean complete = true;
        @Nullable Object[] values = new @Nullable Object[components.length];
        for (int i = 0; i < components.length; i++) {
            RecordComponent c = components[i];
            Rules.Rest rest = c.getAnnotation(Rules.Rest.class);
            values[i] = c.getType() == Place.class
                    ? place
                    : rest != null
                            ? PluginBlock.rest(place, base, rest.type(), known, problems)
                            : component(c, block, place);
            complete &= values[i] != null;
        }
        return complete ? construct(type, components, values, place) : null;
    }

    private void refuseUnknownKeys(ConfigNode.Mapping block, Place place, Set<String> known, Set<String> claimed) {
        block.entries().forEach((key, entry) -> {
            if (known.contains(key) || claimed.contains(key)) {
                return;
            }
            String path = Place.child(place.path(), key);
            Set<String> all = new LinkedHashSet<>(known);
            all.addAll(claimed);
            String meant = Scalars.closest(key, all);
            String hint = meant != null
                    ? ", did you mean '" + meant + "'?"
                    : all.size() <= FEW_KEYS && !all.isEmpty() ? "; known here: " + String.join(", ", all) : "";
            problems.configuration(entry.keyOrigin(), path, "unknown key" + hint);
        });
    }

    private static String key(RecordComponent c) {
        Rules.Key key = c.getAnnotation(Rules.Key.class);
        return key == null ? Scalars.kebab(c.getName()) : key.value();
    }

    private @Nullable Object component(RecordComponent c, ConfigNode.Mapping block, Place place) {
        String key = key(c);
        ConfigNode.Entry entry = block.entries().get(key);
        if (entry == null || entry.value() instanceof ConfigNode.Empty && emptyIsMissing(c.getGenericType())) {
            Object absent = absent(c, Place.child(place.path(), key));
            if (absent == null) {
                Origin at = entry == null ? place.origin() : entry.value().origin();
                problems.configuration(at, Place.child(place.path(), key), "missing");
            }
            return absent;
        }
        Place at = place.at(key);
        Object value = value(c.getGenericType(), at);
        if (value != null && inRange(c, value, at)) {
            return value;
        }
        return absent(c, at.path());
    }

    /** A block or list whose lines are all commented out is not written; a text without a value is a mistake. */
    private boolean emptyIsMissing(Type type) {
        Type inner = raw(type) == Optional.class ? argument(type, 0) : type;
        Class<?> raw = raw(inner);
        return raw == List.class || raw == Map.class || isBlock(raw);
    }

    /** Whether a type has keys; sizes and addresses are records too, but written as text. */
    private boolean isBlock(Class<?> type) {
        return type.isRecord() && Scalars.of(type, base) == null;
    }

    /** What a component is if its key is missing; null if it must not be. */
    private @Nullable Object absent(RecordComponent c, String path) {
        Default byDefault = c.getAnnotation(Default.class);
        if (byDefault != null) {
            return defaultValue(c, byDefault.value(), path);
        }
        Class<?> raw = c.getType();
        return raw == Optional.class
                ? Optional.empty()
                : raw == List.class ? List.of() : raw == Map.class ? Map.of() : null;
    }

    private Object defaultValue(RecordComponent c, String text, String path) {
        Problems own = new Problems();
        ConfigNode node =
                new YamlReader("default", false, new Variables(Map.of()), own).read(new StringReader(text), path);
        Object value = node == null || node instanceof ConfigNode.Empty
                ? null
                : new RecordBinder(base, own).value(c.getGenericType(), new Place(node, path));
        if (value == null || !own.isEmpty()) {
            throw new IllegalArgumentException("the default '" + text + "' of " + c.getName() + " in "
                    + c.getDeclaringRecord().getName() + " cannot be bound: " + own.lines());
        }
        return value;
    }

    private boolean inRange(RecordComponent c, Object value, Place at) {
        Rules.Range range = c.getAnnotation(Rules.Range.class);
        if (range == null) {
            return true;
        }
        if (value instanceof Optional<?> written) {
            return written.isEmpty() || inRange(c, written.get(), at);
        }
        long number = value instanceof DataSize s
                ? s.bytes()
                : value instanceof Duration d ? d.toMillis() : ((Number) value).longValue();
        if (number >= range.min() && number <= range.max()) {
            return true;
        }
        String bounds = range.max() == Long.MAX_VALUE
                ? "at least " + shown(value, range.min())
                : "between " + shown(value, range.min()) + " and " + shown(value, range.max());
        problems.configuration(at, "must be " + bounds + ", found " + at.node().describe());
        return false;
    }

    private static String shown(Object like, long bound) {
        if (like instanceof DataSize) {
            return new DataSize(bound).toString();
        }
        if (like instanceof Duration) {
            return bound % 1000 == 0 ? bound / 1000 + "s" : bound + "ms";
        }
        return Long.toString(bound);
    }

    /** A value of a type; null, and a problem, if it is not one. */
    private @Nullable Object value(Type type, Place at) {
        Class<?> raw = raw(type);
        if (at.node() instanceof ConfigNode.Unusable) {
            return null;
        }
        if (raw == Optional.class) {
            return optional(type, at);
        }
        if (raw == List.class) {
            return list(type, at);
        }
        if (raw == Map.class) {
            return map(type, at);
        }
        if (raw == PluginBlock.class) {
            return PluginBlock.of(at, base, problems);
        }
        if (isBlock(raw)) {
            return bind(at, raw.asSubclass(Record.class), Set.of());
        }
        return scalar(raw, at);
    }

    private @Nullable Object optional(Type type, Place at) {
        Object value = value(argument(type, 0), at);
        return value == null ? null : Optional.of(value);
    }

    private @Nullable Object list(Type type, Place at) {
        if (at.node() instanceof ConfigNode.Empty) {
            return List.of();
        }
        if (!(at.node() instanceof ConfigNode.Sequence sequence)) {
            expected(at, "a list");
            return null;
        }
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < sequence.items().size(); i++) {
            Object value = value(argument(type, 0), at.at(i));
            if (value != null) {
                values.add(value);
            }
        }
        return Collections.unmodifiableList(values);
    }

    private @Nullable Object map(Type type, Place at) {
        if (raw(argument(type, 0)) != String.class) {
            throw new IllegalArgumentException("the keys of a map must be strings, not " + argument(type, 0));
        }
        if (at.node() instanceof ConfigNode.Empty) {
            return Map.of();
        }
        if (!(at.node() instanceof ConfigNode.Mapping mapping)) {
            expected(at, "a block");
            return null;
        }
        Map<String, Object> values = new LinkedHashMap<>();
        for (String key : mapping.entries().keySet()) {
            Object value = value(argument(type, 1), at.at(key));
            if (value != null) {
                values.put(key, value);
            }
        }
        return Collections.unmodifiableMap(values);
    }

    private @Nullable Object scalar(Class<?> type, Place at) {
        Scalars.Form form = Scalars.of(type, base);
        if (form == null) {
            throw new IllegalArgumentException("a component of type " + type.getName() + " cannot be bound");
        }
        if (at.node() instanceof ConfigNode.Empty) {
            problems.configuration(at, "has no value");
            return null;
        }
        if (at.node() instanceof ConfigNode.Scalar s) {
            try {
                return form.parser().parse(s.text());
            } catch (IllegalArgumentException e) {
                expected(at, form.expected());
                return null;
            }
        }
        expected(at, form.expected());
        return null;
    }

    private void expected(Place at, String what) {
        problems.configuration(at, "expected " + what + ", found " + at.node().describe());
    }

    private <R extends Record> @Nullable R construct(
            Class<R> type, RecordComponent[] components, @Nullable Object[] values, Place place) {
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            Constructor<R> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            report(e.getCause() == null ? e : e.getCause(), place);
            return null;
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(type.getName() + " cannot be made", e);
        }
    }

    private void report(Throwable cause, Place place) {
        if (cause instanceof Error e) {
            throw e;
        }
        if (cause instanceof ConfigurationException e) {
            e.problems().forEach(problem -> problems.configuration(place, problem));
            return;
        }
        String message = cause.getMessage();
        problems.configuration(
                place, cause instanceof IllegalArgumentException && message != null ? message : cause.toString());
    }

    private static Class<?> raw(Type type) {
        if (type instanceof Class<?> c) {
            return c;
        }
        if (type instanceof ParameterizedType p && p.getRawType() instanceof Class<?> c) {
            return c;
        }
        throw new IllegalArgumentException("a component of type " + type + " cannot be bound");
    }

    private static Type argument(Type type, int index) {
        if (type instanceof ParameterizedType p) {
            return p.getActualTypeArguments()[index];
        }
        throw new IllegalArgumentException(type + " must say what it holds");
    }
}
