package org.ternmq.broker.journal;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Map;
import org.ternmq.spi.ClientInfo;

/**
 * What access rules were told of a client beside its identifier and its user name, for when it is judged without being there.
 *
 * @param attributes what the authenticator told
 * @param address the IP address, empty if it had none
 * @param port the port it came from
 * @param listener the listener it came in by
 * @param protocolVersion 3, 4 or 5
 */
public record ClientRecord(
        Map<String, String> attributes, byte[] address, int port, String listener, int protocolVersion) {
    /** Nothing is known. */
    public static final ClientRecord UNKNOWN = new ClientRecord(Map.of(), new byte[0], 0, "", 0);

    /** Copies the attributes. */
    public ClientRecord {
        attributes = Map.copyOf(attributes);
    }

    /** What there is to know of a client. */
    public static ClientRecord of(ClientInfo info) {
        InetSocketAddress from = info.remoteAddress();
        byte[] address =
                from.getAddress() == null ? new byte[0] : from.getAddress().getAddress();
        return new ClientRecord(info.attributes(), address, from.getPort(), info.listener(), info.protocolVersion());
    }

    /** Where it came from. */
    public InetSocketAddress remoteAddress() {
        try {
            return address.length == 0
                    ? InetSocketAddress.createUnresolved("unknown", port)
                    : new InetSocketAddress(InetAddress.getByAddress(address), port);
        } catch (UnknownHostException e) {
            return InetSocketAddress.createUnresolved("unknown", port);
        }
    }
}
