package org.ternmq.broker.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.Default;
import org.ternmq.spi.control.Setting;
import org.ternmq.spi.control.Setting.Source;

/**
 * The configuration in force, value by value, with where each comes from: what is written, and the defaults of what is not. What
 * may be a secret is not shown, and of what the environment brings only the name. Used by one thread, once.
 */
public final class EffectiveConfig {
    private static final String HIDDEN = "***";
    private static final Pattern SECRET =
            Pattern.compile("(?i).*(passw|passphrase|secret|token|credential|private|api-?key|cookie).*");
    private static final Pattern SECRET_KEY = Pattern.compile("(?i).*(authorization|pin)");
    private static final Pattern USER_INFO = Pattern.compile("://[^/@\\s]*@");
    private static final Set<String> OF_EVERY_BLOCK = Set.of("type", "name");

    private final Function<PluginBlock, Optional<Class<? extends Record>>> settings;
    private final List<Setting> found = new ArrayList<>();

    private EffectiveConfig(Function<PluginBlock, Optional<Class<? extends Record>>> settings) {
        this.settings = settings;
    }

    /**
     * All values.
     *
     * @param settings what the plugin of a block would bind it to, as far as known
     */
    public static List<Setting> of(
            BrokerConfig config, Function<PluginBlock, Optional<Class<? extends Record>>> settings) {
        EffectiveConfig all = new EffectiveConfig(settings);
        all.block(BrokerConfig.class, config.place(), config, Set.of());
        return List.copyOf(all.found);
    }

    /**
     * The keys of a block.
     *
     * @param bound what it was bound to; null if that is not known, and not needed, since it holds no blocks of plugins
     */
    private void block(Class<?> type, Place place, @Nullable Object bound, Set<String> claimed) {
        for (RecordComponent c : type.getRecordComponents()) {
            if (c.getType() == Place.class) {
                continue;
            }
            Object value = bound == null ? null : value(c, bound);
            if (value instanceof PluginBlock rest) {
                plugin(rest, place);
                continue;
            }
            Rules.Key named = c.getAnnotation(Rules.Key.class);
            String key = named == null ? Scalars.kebab(c.getName()) : named.value();
            if (!claimed.contains(key)) {
                component(c, key, place, value);
            }
        }
    }

    private static Object value(RecordComponent c, Object of) {
        try {
            c.getAccessor().setAccessible(true);
            return c.getAccessor().invoke(of);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(c + " cannot be read", e);
        }
    }

    private void component(RecordComponent c, String key, Place place, @Nullable Object value) {
        Class<?> inner = inner(c.getGenericType());
        Default byDefault = c.getAnnotation(Default.class);
        String path = Place.child(place.path(), key);
        if (place.has(key)) {
            written(inner, place.at(key), value);
        } else if (isBlock(inner) && byDefault != null) {
            block(inner, new Place(new ConfigNode.Empty(Origin.of("default")), path), value, Set.of());
        } else if (byDefault != null) {
            found.add(new Setting(path, byDefault.value(), Source.DEFAULT, "default"));
        }
    }

    private void written(Class<?> inner, Place at, @Nullable Object value) {
        Object present = value instanceof Optional<?> optional ? optional.orElse(null) : value;
        if (at.node() instanceof ConfigNode.Sequence items && (inner == PluginBlock.class || isBlock(inner))) {
            for (int i = 0; i < items.items().size(); i++) {
                Object item = present instanceof List<?> list && i < list.size() ? list.get(i) : null;
                if (item instanceof PluginBlock block) {
                    plugin(block, at.at(i));
                } else {
                    block(inner, at.at(i), item, Set.of());
                }
            }
        } else if (isBlock(inner)) {
            block(inner, at, present, Set.of());
        } else {
            raw(at);
        }
    }

    private void plugin(PluginBlock block, Place at) {
        if (at.has("type")) {
            raw(at.at("type"));
        } else {
            found.add(new Setting(Place.child(at.path(), "type"), block.type(), Source.DEFAULT, "default"));
        }
        if (at.has("name")) {
            raw(at.at("name"));
        }
        Optional<Class<? extends Record>> known = settings.apply(block);
        if (known.isPresent()) {
            block(known.get(), at, null, OF_EVERY_BLOCK);
        } else if (at.node() instanceof ConfigNode.Mapping m) {
            m.entries().keySet().stream()
                    .filter(key -> !OF_EVERY_BLOCK.contains(key))
                    .forEach(key -> raw(at.at(key)));
        }
    }

    /** What is written, as it is written. */
    private void raw(Place at) {
        if (at.node() instanceof ConfigNode.Mapping m) {
            m.entries().keySet().forEach(key -> raw(at.at(key)));
        } else if (at.node() instanceof ConfigNode.Sequence s) {
            for (int i = 0; i < s.items().size(); i++) {
                raw(at.at(i));
            }
        } else if (at.node() instanceof ConfigNode.Scalar s) {
            found.add(new Setting(
                    at.path(),
                    shown(at.path(), s.written()),
                    source(s),
                    s.origin().toString()));
        }
    }

    private static Source source(ConfigNode.Scalar scalar) {
        String from = scalar.origin().source();
        if (!scalar.text().equals(scalar.written())) {
            return Source.ENVIRONMENT;
        }
        return from.equals("default") ? Source.DEFAULT : from.startsWith("--set") ? Source.COMMAND_LINE : Source.FILE;
    }

    private static String shown(String path, String written) {
        String key = path.substring(path.lastIndexOf('.') + 1).replaceAll("\\[\\d+]", "");
        if (SECRET.matcher(path).matches() || SECRET_KEY.matcher(key).matches()) {
            return HIDDEN;
        }
        return USER_INFO.matcher(written).replaceAll("://" + HIDDEN + "@");
    }

    private static boolean isBlock(Class<?> type) {
        return type.isRecord() && Scalars.of(type, Path.of("")) == null;
    }

    /** What an optional, a list or a map holds; else the type itself. */
    private static Class<?> inner(Type type) {
        if (type instanceof ParameterizedType p) {
            Type[] arguments = p.getActualTypeArguments();
            return inner(arguments[arguments.length - 1]);
        }
        return type instanceof Class<?> c ? c : Object.class;
    }
}
