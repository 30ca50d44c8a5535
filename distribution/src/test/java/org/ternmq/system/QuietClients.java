package org.ternmq.system;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Keeps Paho's clients from logging every packet. Registered for all tests, in META-INF/services. */
public final class QuietClients implements BeforeAllCallback {
    /** Held, or the level would be forgotten with the logger. */
    private static final Logger PAHO = Logger.getLogger("org.eclipse.paho");

    @Override
    public void beforeAll(ExtensionContext context) {
        PAHO.setLevel(Level.OFF);
    }
}
