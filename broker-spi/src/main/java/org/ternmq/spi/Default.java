package org.ternmq.spi;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The value of a record component of a {@linkplain PluginContext#config configuration record} whose key is missing. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Default {
    /**
     * The value as it would be written in YAML.
     *
     * @return a scalar such as {@code 30s}, {@code true} or {@code 64KiB}
     */
    String value();
}
