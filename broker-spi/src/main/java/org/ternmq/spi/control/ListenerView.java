package org.ternmq.spi.control;

/**
 * An open listener.
 *
 * @param name its name
 * @param address where it is, such as {@code mqtts://0.0.0.0:8883}
 * @param tls whether it speaks TLS
 * @param websocket whether it speaks WebSocket
 * @param connections open now
 */
public record ListenerView(String name, String address, boolean tls, boolean websocket, int connections) {}
