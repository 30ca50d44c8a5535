package org.ternmq.broker;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** Prints the version. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws IOException {
        Properties properties = new Properties();
        try (InputStream in = Main.class.getResourceAsStream("version.properties")) {
            if (in != null) {
                properties.load(in);
            }
        }
        System.out.println("TernMQ " + properties.getProperty("version") + ", Java " + Runtime.version() + ", SPI "
                + properties.getProperty("spi"));
    }
}
