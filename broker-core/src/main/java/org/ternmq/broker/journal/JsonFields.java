package org.ternmq.broker.journal;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An object of a dump, taken apart field by field: each getter removes its field, so that what is left over at the end was not
 * understood. Used by one thread.
 */
final class JsonFields {
    /** What is in a dump is not nested deeper. */
    private static final int DEPTH = 8;

    private final Map<String, Object> fields;

    private JsonFields(Map<String, Object> fields) {
        this.fields = fields;
    }

    /** Something that does not fit; the caller knows the line. */
    static final class MisfitException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        MisfitException(String message) {
            super(message);
        }
    }

    /** Reads the object whose first token the parser stands on. */
    static JsonFields read(JsonParser in) throws IOException {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            throw new MisfitException("expected an object");
        }
        return new JsonFields(object(in, DEPTH));
    }

    private static Map<String, Object> object(JsonParser in, int depth) throws IOException {
        if (depth == 0) {
            throw new MisfitException("nested too deeply");
        }
        Map<String, Object> object = new LinkedHashMap<>();
        while (in.nextToken() == JsonToken.FIELD_NAME) {
            String name = in.currentName();
            in.nextToken();
            object.put(name, value(in, depth));
        }
        return object;
    }

    private static Object value(JsonParser in, int depth) throws IOException {
        return switch (in.currentToken()) {
            case VALUE_STRING -> in.getText();
            case VALUE_NUMBER_INT -> in.getLongValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case START_OBJECT -> object(in, depth - 1);
            case START_ARRAY -> {
                if (depth == 0) {
                    throw new MisfitException("nested too deeply");
                }
                List<Object> list = new ArrayList<>();
                while (in.nextToken() != JsonToken.END_ARRAY) {
                    list.add(value(in, depth - 1));
                }
                yield list;
            }
            case VALUE_NULL,
                    VALUE_NUMBER_FLOAT,
                    VALUE_EMBEDDED_OBJECT,
                    NOT_AVAILABLE,
                    FIELD_NAME,
                    END_ARRAY,
                    END_OBJECT -> throw new MisfitException("unexpected " + in.getText());
        };
    }

    boolean has(String name) {
        return fields.containsKey(name);
    }

    private <T> @Nullable T take(Class<T> type, String what, String name) {
        Object value = fields.remove(name);
        if (value != null && !type.isInstance(value)) {
            throw new MisfitException("'" + name + "' is no " + what);
        }
        return type.cast(value);
    }

    private static <T> T there(@Nullable T value, String name) {
        if (value == null) {
            throw new MisfitException("'" + name + "' is missing");
        }
        return value;
    }

    String text(String name) {
        return there(optionalText(name), name);
    }

    @Nullable
    String optionalText(String name) {
        return take(String.class, "text", name);
    }

    long number(String name, long least, long most) {
        long value = there(take(Long.class, "number", name), name);
        if (value < least || value > most) {
            throw new MisfitException("'" + name + "' is not between " + least + " and " + most);
        }
        return value;
    }

    long number(String name) {
        return number(name, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    long numberOr(String name, long otherwise) {
        return has(name) ? number(name) : otherwise;
    }

    /** Absent means false. */
    boolean flag(String name) {
        return Boolean.TRUE.equals(take(Boolean.class, "true or false", name));
    }

    /** Base64; absent means none. */
    byte[] bytes(String name) {
        String text = optionalText(name);
        return text == null ? new byte[0] : decode(text);
    }

    static byte[] decode(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new MisfitException("a value is not Base64");
        }
    }

    JsonFields object(String name) {
        return there(optionalObject(name), name);
    }

    @Nullable
    JsonFields optionalObject(String name) {
        Map<?, ?> value = take(Map.class, "object", name);
        return value == null ? null : of(value);
    }

    private static JsonFields of(Map<?, ?> object) {
        Map<String, Object> copy = new LinkedHashMap<>();
        object.forEach((name, value) -> copy.put(String.valueOf(name), value));
        return new JsonFields(copy);
    }

    /** Absent means empty. */
    List<JsonFields> objects(String name) {
        List<JsonFields> objects = new ArrayList<>();
        for (Object each : list(name)) {
            if (!(each instanceof Map<?, ?> object)) {
                throw new MisfitException("'" + name + "' is no list of objects");
            }
            objects.add(of(object));
        }
        return objects;
    }

    /** Absent means empty. */
    List<?> list(String name) {
        List<?> value = take(List.class, "list", name);
        return value == null ? List.of() : value;
    }

    /** The numbers that are left over, by their names. */
    Map<String, Long> numbers() {
        Map<String, Long> numbers = new LinkedHashMap<>();
        for (String name : List.copyOf(fields.keySet())) {
            numbers.put(name, number(name));
        }
        return numbers;
    }

    void end() {
        if (!fields.isEmpty()) {
            throw new MisfitException("'" + fields.keySet().iterator().next() + "' is not known");
        }
    }
}
