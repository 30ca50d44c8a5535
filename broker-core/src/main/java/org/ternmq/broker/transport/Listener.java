package org.ternmq.broker.transport;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;

/** An open port. Safe for use by all threads. */
public final class Listener {
    private final String name;
    private final Channel channel;

    Listener(String name, Channel channel) {
        this.name = name;
        this.channel = channel;
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

    @Override
    public String toString() {
        String host = address().getAddress().getHostAddress();
        return name + "=" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":"
                + address().getPort();
    }
}
