package org.ternmq.conformance;

import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.ElementType.TYPE;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The numbered statements of MQTT 3.1.1 that a test, or each test of a class, proves; the table of docs/conformance.md. */
@Retention(RetentionPolicy.RUNTIME)
@Target({METHOD, TYPE})
public @interface Mqtt311 {
    /** Ids without their prefix, such as {@code 3.1.0-1}. */
    String[] value();
}
