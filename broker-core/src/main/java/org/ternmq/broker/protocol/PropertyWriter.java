package org.ternmq.broker.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.UserProperty;

/** Writes single properties; what is absent is not written. */
final class PropertyWriter {
    private PropertyWriter() {}

    static void flag(ByteBuf out, int id, boolean value) {
        out.writeByte(id).writeByte(value ? 1 : 0);
    }

    static void twoBytes(ByteBuf out, int id, int value) {
        out.writeByte(id).writeShort(value);
    }

    static void fourBytes(ByteBuf out, int id, long value) {
        out.writeByte(id).writeInt((int) value);
    }

    static void string(ByteBuf out, int id, @Nullable String value) {
        if (value != null) {
            out.writeByte(id);
            Wire.writeString(out, value);
        }
    }

    static void binary(ByteBuf out, int id, byte @Nullable [] value) {
        if (value != null) {
            out.writeByte(id);
            Wire.writeBinary(out, value);
        }
    }

    static void userProperties(ByteBuf out, List<UserProperty> properties) {
        for (UserProperty property : properties) {
            out.writeByte(PropertyId.USER_PROPERTY);
            Wire.writeString(out, property.name());
            Wire.writeString(out, property.value());
        }
    }

    /** The bytes that {@link #string} writes. */
    static int stringSize(@Nullable String value) {
        return value == null ? 0 : 1 + Wire.stringSize(value);
    }

    /** The bytes that {@link #binary} writes. */
    static int binarySize(byte @Nullable [] value) {
        return value == null ? 0 : 3 + value.length;
    }

    /** The bytes that {@link #userProperties} writes. */
    static int userPropertiesSize(List<UserProperty> properties) {
        int size = 0;
        for (UserProperty property : properties) {
            size += 1 + Wire.stringSize(property.name()) + Wire.stringSize(property.value());
        }
        return size;
    }
}
