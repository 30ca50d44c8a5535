package org.ternmq.broker.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * What this broker calls itself.
 *
 * @param broker the broker's version, such as {@code 1.4.0}
 * @param spi the version of the SPI that plugins see
 */
public record Version(String broker, String spi) {
    private static final String RESOURCE = "/org/ternmq/broker/version.properties";

    /** What the build wrote. */
    public static Version current() {
        Properties p = new Properties();
        try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is missing from the broker's jar");
            }
            p.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Version(p.getProperty("version", "unknown"), p.getProperty("spi", "unknown"));
    }
}
