package org.ternmq.broker.transport;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.Set;
import org.ternmq.broker.connection.Connection;

/** An open port. Safe for use by all threads. */
public final class Listener {
    private final String name;
    private final Channel channel;
    private final Set<Connection> connections;

    Listener(String name, Channel channel, Set<Connection> connections) {
        this.name = name;
        this.channel = channel;
        this.connections = connections;
    }

    /** Its name in the configuration. */
    public String name() {
        return name;
    }

    /** The address it has, with the port the system chose where the configuration says 0. */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** Takes no more connections; those that are open stay. Blocks until it is closed. */
    public void close() {
        channel.close().awaitUninterruptibly();
    }

    /** The connections that came by it and are open, as they come and go. */
    public Set<Connection> connections() {
        return Collections.unmodifiableSet(connections);
    }

    @Override
    public String toString() {
        String host = address().getAddress().getHostAddress();
        return name + "=" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":"
                + address().getPort();
    }
}
