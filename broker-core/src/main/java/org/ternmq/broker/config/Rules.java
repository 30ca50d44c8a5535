package org.ternmq.broker.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What the core's own records say about their keys beyond what {@link org.ternmq.spi.Default} can. */
final class Rules {
    private Rules() {}

    /** The key, where it cannot be the component's name. */
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.RECORD_COMPONENT)
    @interface Key {
        String value();
    }

    /** Bounds of a number, of a size in bytes or of a time in milliseconds. */
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.RECORD_COMPONENT)
    @interface Range {
        long min() default 0;

        long max() default Long.MAX_VALUE;
    }

    /** A {@link PluginBlock} in the same block: it gets {@code type} and every key that no other component has. */
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.RECORD_COMPONENT)
    @interface Rest {
        /** The type if none is written. */
        String type();
    }
}
