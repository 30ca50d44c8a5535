package org.ternmq.spi;

/** The version of the SPI, against which a plugin's {@code Plugin-Requires} is checked. */
public final class Spi {
    /** Semantic version: a plugin built against 1.x runs on every later 1.y. */
    public static final String VERSION = "1.0.0";

    private Spi() {}
}
