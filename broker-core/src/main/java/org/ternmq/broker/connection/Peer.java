package org.ternmq.broker.connection;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * Who is at the other end of a channel, as far as the transport knows. Immutable; belongs to the channel's loop.
 *
 * @param address where the client is, behind a PROXY header where one is trusted; unresolved if it came by a Unix socket
 * @param certificate the one it proved to own
 * @param user the user name that this certificate proves, where the listener takes it from there
 */
public record Peer(InetSocketAddress address, Optional<X509Certificate> certificate, Optional<String> user) {
    private static final AttributeKey<Peer> KEY = AttributeKey.valueOf(Peer.class, "peer");

    /** The peer of a channel: what was last noted, else what its socket says. */
    public static Peer of(Channel channel) {
        Peer noted = channel.attr(KEY).get();
        if (noted != null) {
            return noted;
        }
        SocketAddress remote = channel.remoteAddress();
        InetSocketAddress address = remote instanceof InetSocketAddress inet
                ? inet
                : InetSocketAddress.createUnresolved(remote == null ? "unknown" : "unix", 0);
        return new Peer(address, Optional.empty(), Optional.empty());
    }

    /** Notes it. */
    public void noteAt(Channel channel) {
        channel.attr(KEY).set(this);
    }

    /** The same peer somewhere else. */
    public Peer at(InetSocketAddress other) {
        return new Peer(other, certificate, user);
    }
}
