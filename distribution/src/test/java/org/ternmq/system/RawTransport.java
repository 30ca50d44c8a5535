package org.ternmq.system;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;

/** What carries the bytes of a {@link RawClient}. Used by one thread. */
interface RawTransport extends AutoCloseable {
    /** Sends bytes. */
    void write(byte[] bytes) throws IOException;

    /**
     * Waits for bytes.
     *
     * @return how many there are, -1 at the end of the stream
     * @throws java.net.SocketTimeoutException if none come in time
     */
    int read(byte[] into, int from, int length, int timeoutMillis) throws IOException;

    /** Bytes that can be read at once, if that is known. */
    int available() throws IOException;

    @Override
    void close() throws IOException;

    /** A socket as it is, also one of TLS. */
    static RawTransport of(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        InputStream in = socket.getInputStream();
        return new RawTransport() {
            @Override
            public void write(byte[] bytes) throws IOException {
                socket.getOutputStream().write(bytes);
            }

            @Override
            public int read(byte[] into, int from, int length, int timeoutMillis) throws IOException {
                socket.setSoTimeout(timeoutMillis);
                return in.read(into, from, length);
            }

            @Override
            public int available() throws IOException {
                return in.available();
            }

            @Override
            public void close() throws IOException {
                socket.close();
            }
        };
    }
}
