package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The client's side of a WebSocket and nothing more: no frame is sent that the test did not ask for, not even a pong. Also
 * does what a client must not. Used by one thread.
 */
final class RawWebSocket implements RawTransport {
    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;
    /** RFC 6455, 1.3: this key has this answer. */
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    private static final String ANSWER = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    private static final byte[] MASK = {0x37, (byte) 0xFA, 0x21, 0x3D};

    /** One frame as it came. */
    record Frame(boolean last, int opcode, byte[] payload) {
        /** The code of a close frame. */
        int closeCode() {
            return (payload[0] & 0xFF) << 8 | payload[1] & 0xFF;
        }
    }

    /** How {@link #write} puts bytes into frames. */
    enum Cut {
        /** One frame for each call. */
        WHOLE,
        /** One frame for each byte. */
        BYTES,
        /** One message of frames with one byte each, with a ping after the first. */
        FRAGMENTS
    }

    /**
     * What came back for the request of an upgrade.
     *
     * @param status such as 101
     * @param head status line and headers
     */
    record Answer(int status, String head) {
        /** The value of a header, empty if it is not there. */
        String header(String name) {
            return head.lines()
                    .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                    .map(line -> line.substring(name.length() + 1).trim())
                    .findFirst()
                    .orElse("");
        }
    }

    private final Socket socket;
    private final DataInputStream in;
    private final Deque<Frame> controls = new ArrayDeque<>();
    private Cut cut = Cut.WHOLE;
    private byte[] payload = new byte[0];
    private int payloadAt;

    private RawWebSocket(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) RawClient.PATIENCE.toMillis());
        in = new DataInputStream(socket.getInputStream());
    }

    /** The headers of a good request, of a program and not of a browser. */
    static List<String> headers() {
        return new ArrayList<>(List.of(
                "Host: 127.0.0.1",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: " + KEY,
                "Sec-WebSocket-Protocol: mqtt"));
    }

    /** Opens a WebSocket at {@code /mqtt} of a port of this machine. */
    static RawWebSocket open(int port) throws IOException {
        return open(new Socket(InetAddress.getLoopbackAddress(), port), "/mqtt");
    }

    /** Opens a WebSocket over a connection, which may be one of TLS. */
    static RawWebSocket open(Socket socket, String path) throws IOException {
        RawWebSocket client = new RawWebSocket(socket);
        Answer answer = client.request("GET " + path, headers());
        assertThat(answer.status()).as("status of %s", answer).isEqualTo(101);
        assertThat(answer.header("Sec-WebSocket-Accept")).isEqualTo(ANSWER);
        assertThat(answer.header("Sec-WebSocket-Protocol")).isEqualTo("mqtt");
        return client;
    }

    /** Sends a request and returns the answer to it, whatever it is, then closes unless that was 101. */
    static Answer ask(int port, String methodAndPath, List<String> headers) throws IOException {
        RawWebSocket client = new RawWebSocket(new Socket(InetAddress.getLoopbackAddress(), port));
        Answer answer = client.request(methodAndPath, headers);
        client.close();
        return answer;
    }

    private Answer request(String methodAndPath, List<String> headers) throws IOException {
        String text = methodAndPath + " HTTP/1.1\r\n" + String.join("\r\n", headers) + "\r\n\r\n";
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        String read = "";
        while (!read.endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("the broker closed after: " + read);
            }
            head.write(next);
            read = head.toString(StandardCharsets.ISO_8859_1);
        }
        return new Answer(Integer.parseInt(read.substring(9, 12)), read);
    }

    /** From now on. */
    RawWebSocket cutting(Cut how) {
        cut = how;
        return this;
    }

    /** One frame, masked. */
    void send(boolean last, int opcode, byte[] content) throws IOException {
        send(last ? 0x80 | opcode : opcode, true, content);
    }

    /** One frame with any first byte. */
    void send(int first, boolean masked, byte[] content) throws IOException {
        Bytes frame = new Bytes().u8(first);
        int maskBit = masked ? 0x80 : 0;
        if (content.length < 126) {
            frame.u8(maskBit | content.length);
        } else if (content.length < 0x1_0000) {
            frame.u8(maskBit | 126).u16(content.length);
        } else {
            frame.u8(maskBit | 127).u32(0).u32(content.length);
        }
        byte[] sent = content.clone();
        if (masked) {
            frame.bytes(MASK);
            for (int i = 0; i < sent.length; i++) {
                sent[i] ^= MASK[i & 3];
            }
        }
        socket.getOutputStream().write(frame.bytes(sent).toArray());
    }

    /** A binary frame that is not sent to its end; a broker that takes no more of it has closed. */
    void begin(int length, byte[] some) throws IOException {
        try {
            socket.getOutputStream()
                    .write(new Bytes()
                            .u8(0x80 | BINARY)
                            .u8(0xFF)
                            .u32(0)
                            .u32(length)
                            .bytes(MASK)
                            .bytes(some)
                            .toArray());
        } catch (SocketException e) {
            // closed while it was written
        }
    }

    /** Whether the broker has closed; what it says before is not looked at. */
    boolean isClosed() throws IOException {
        socket.setSoTimeout(50);
        try {
            while (in.read() >= 0) {
                // a close frame
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        switch (cut) {
            case WHOLE -> send(true, BINARY, bytes);
            case BYTES -> {
                for (byte b : bytes) {
                    send(true, BINARY, new byte[] {b});
                }
            }
            case FRAGMENTS -> {
                for (int i = 0; i < bytes.length; i++) {
                    send(i == bytes.length - 1, i == 0 ? BINARY : CONTINUATION, new byte[] {bytes[i]});
                    if (i == 0) {
                        send(true, PING, new byte[] {42});
                    }
                }
            }
        }
    }

    /** The next frame of any kind. */
    Frame next() throws IOException {
        socket.setSoTimeout((int) RawClient.PATIENCE.toMillis());
        return rest(in.readUnsignedByte());
    }

    private Frame rest(int first) throws IOException {
        int length = in.readUnsignedByte();
        assertThat(length & 0x80).as("a server's frames are not masked").isZero();
        long size = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
        return new Frame((first & 0x80) != 0, first & 0x7F, in.readNBytes((int) size));
    }

    /** The control frames that came between the binary ones. */
    Deque<Frame> controls() {
        return controls;
    }

    /** The code of the close frame that must come; what comes before is skipped. */
    int expectClose() throws IOException {
        Frame frame = next();
        while (frame.opcode() != CLOSE) {
            frame = next();
        }
        return frame.closeCode();
    }

    @Override
    public int read(byte[] into, int from, int length, int timeoutMillis) throws IOException {
        long end = System.nanoTime() + timeoutMillis * 1_000_000L;
        while (payloadAt == payload.length) {
            socket.setSoTimeout((int) Math.max(1, (end - System.nanoTime()) / 1_000_000));
            int first = in.read();
            if (first < 0) {
                return -1;
            }
            socket.setSoTimeout((int) RawClient.PATIENCE.toMillis());
            Frame frame = rest(first);
            if (frame.opcode() == BINARY || frame.opcode() == CONTINUATION) {
                payload = frame.payload();
                payloadAt = 0;
            } else {
                controls.add(frame);
                if (frame.opcode() == CLOSE) {
                    return -1;
                }
            }
            if (System.nanoTime() > end && payloadAt == payload.length) {
                throw new SocketTimeoutException("only control frames came");
            }
        }
        int count = Math.min(length, payload.length - payloadAt);
        System.arraycopy(payload, payloadAt, into, from, count);
        payloadAt += count;
        return count;
    }

    @Override
    public int available() throws IOException {
        return payload.length - payloadAt + in.available();
    }

    /** Ends the connection without a close frame. */
    @Override
    public void close() throws IOException {
        socket.close();
    }

    @Override
    public String toString() {
        return "WebSocket to " + socket.getRemoteSocketAddress();
    }
}
