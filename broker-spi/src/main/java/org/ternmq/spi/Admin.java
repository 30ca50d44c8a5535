package org.ternmq.spi;

/** An interface for operators, such as one over HTTP, which works on what {@link org.ternmq.spi.control.BrokerControl} gives. */
public interface Admin extends AutoCloseable {
    /**
     * Where it can be reached, for the line that says the broker is ready.
     *
     * @return such as {@code http://127.0.0.1:18080}, with the actual port
     */
    String address();

    /**
     * Takes no more requests, and releases what it holds. Called once, on the main thread, before anything else of the broker
     * stops. An exception is logged.
     */
    @Override
    void close() throws Exception;
}
