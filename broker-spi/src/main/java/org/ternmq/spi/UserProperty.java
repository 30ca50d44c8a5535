package org.ternmq.spi;

/**
 * A User Property (MQTT 5.0, property 0x26). The same name may occur several times, and the order has meaning.
 *
 * @param name may be empty
 * @param value may be empty
 */
public record UserProperty(String name, String value) {}
