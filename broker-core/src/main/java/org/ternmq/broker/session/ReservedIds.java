package org.ternmq.broker.session;

/** Client identifiers of the broker's own clients, which no client from the network may use. */
public final class ReservedIds {
    private static final String BRIDGE = "$bridge/";

    private ReservedIds() {}

    /** The client identifier under which messages wait for a bridge. */
    public static String ofBridge(String name) {
        return BRIDGE + name;
    }

    /** Whether a client identifier is one of the broker's own. */
    public static boolean isReserved(String clientId) {
        return clientId.startsWith(BRIDGE);
    }
}
