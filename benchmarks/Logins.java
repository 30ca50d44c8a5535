import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** See logins.sh: port, logins a second, seconds of a phase. The flood is a process of its own, as its garbage is its own affair. */
final class Logins {
    /** What waits for an answer at once; more would only find out how many ports there are. */
    private static final int OPEN = 15_000;

    private static final long GIVEN_UP_NANOS = 10_000_000_000L;

    private final InetSocketAddress broker;
    private final Map<String, Integer> answers = new TreeMap<>();
    private long begun;

    private Logins(int port) {
        broker = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    public static void main(String[] args) throws Exception {
        Logins logins = new Logins(Integer.parseInt(args[0]));
        int rate = Integer.parseInt(args[1]);
        int seconds = Integer.parseInt(args[2]);
        if (args.length > 3) {
            AtomicBoolean stop = new AtomicBoolean();
            Thread flood = new Thread(() -> logins.flood(rate, stop));
            flood.start();
            System.in.read(); // until it is closed
            stop.set(true);
            flood.join();
            return;
        }
        logins.latencies(3); // warm
        long[] idle = logins.latencies(seconds);
        Process flood = new ProcessBuilder(
                        "java", "-Xmx512m", System.getProperty("source"), args[0], args[1], args[2], "flood")
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        logins.latencies(12); // until the flood is there, and what it runs is compiled
        long[] beside = logins.latencies(seconds);
        flood.getOutputStream().close();
        flood.waitFor();
        print("idle", idle);
        print("beside", beside);
        System.out.printf("p99 %.2f x of idle%n", (double) at(beside, 0.99) / at(idle, 0.99));
    }

    private static long at(long[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, sorted.length * share)];
    }

    private static void print(String what, long[] nanos) {
        System.out.printf(
                "%-7s p50 %6d us  p99 %6d us  max %6d us  (%d messages)%n",
                what, at(nanos, 0.5) / 1000, at(nanos, 0.99) / 1000, at(nanos, 1) / 1000, nanos.length);
    }

    private static byte[] connect(String clientId, String user, String password) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        text(body, "MQTT");
        body.write(4);
        body.write(user.isEmpty() ? 2 : 0xC2);
        body.write(0);
        body.write(0);
        text(body, clientId);
        if (!user.isEmpty()) {
            text(body, user);
            text(body, password);
        }
        return packet(0x10, body.toByteArray());
    }

    private static void text(ByteArrayOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write(bytes.length >> 8);
        out.write(bytes.length);
        out.write(bytes);
    }

    private static byte[] packet(int first, byte[] body) {
        byte[] packet = new byte[body.length + 2]; // bodies are shorter than 128 bytes
        packet[0] = (byte) first;
        packet[1] = (byte) body.length;
        System.arraycopy(body, 0, packet, 2, body.length);
        return packet;
    }

    /** Round trips of a message each 5 ms to the client's own subscription, in nanoseconds, sorted. */
    private long[] latencies(int seconds) throws Exception {
        try (Socket socket = new Socket(broker.getAddress(), broker.getPort())) {
            socket.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            socket.getOutputStream().write(connect("pair", "", ""));
            in.readNBytes(4);
            ByteArrayOutputStream filter = new ByteArrayOutputStream();
            filter.write(0);
            filter.write(1);
            text(filter, "latency");
            filter.write(0);
            socket.getOutputStream().write(packet(0x82, filter.toByteArray()));
            in.readNBytes(5);
            ByteArrayOutputStream message = new ByteArrayOutputStream();
            text(message, "latency");
            message.write(new byte[16]);
            byte[] publish = packet(0x30, message.toByteArray());
            long[] nanos = new long[seconds * 200];
            int count = 0;
            for (long end = System.nanoTime() + seconds * 1_000_000_000L; System.nanoTime() < end; count++) {
                LockSupport.parkNanos(5_000_000);
                long begin = System.nanoTime();
                socket.getOutputStream().write(publish);
                in.readNBytes(publish.length);
                nanos[count] = System.nanoTime() - begin;
            }
            long[] measured = Arrays.copyOf(nanos, count);
            Arrays.sort(measured);
            return measured;
        }
    }

    private void flood(int rate, AtomicBoolean stop) {
        try (Selector selector = Selector.open()) {
            long start = System.nanoTime();
            long swept = start;
            while (!stop.get()) {
                long due = (System.nanoTime() - start) * rate / 1_000_000_000L;
                while (begun < due && selector.keys().size() < OPEN) {
                    SocketChannel channel = SocketChannel.open();
                    channel.configureBlocking(false);
                    channel.setOption(StandardSocketOptions.SO_LINGER, 0); // ports come back at once
                    channel.register(selector, SelectionKey.OP_CONNECT, System.nanoTime());
                    channel.connect(broker);
                    begun++;
                }
                selector.select(1);
                Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
                while (keys.hasNext()) {
                    go(keys.next());
                    keys.remove();
                }
                if (System.nanoTime() - swept < 1_000_000_000L) {
                    continue;
                }
                swept = System.nanoTime();
                for (SelectionKey key : selector.keys()) {
                    if (key.isValid() && System.nanoTime() - (Long) key.attachment() > GIVEN_UP_NANOS) {
                        answered(key, "none in 10 s");
                    }
                }
            }
            double took = (System.nanoTime() - start) / 1e9;
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            System.out.printf(
                    "%d CONNECTs in %.1f s, %.0f a second; answers: %s%n", begun, took, begun / took, answers);
        } catch (IOException e) {
            System.err.println("the flood ended: " + e);
        }
    }

    private void go(SelectionKey key) {
        SocketChannel channel = (SocketChannel) key.channel();
        try {
            if (key.isConnectable() && channel.finishConnect()) {
                channel.write(ByteBuffer.wrap(connect("c" + begun, "ada", "secret")));
                key.interestOps(SelectionKey.OP_READ);
            } else if (key.isReadable()) {
                ByteBuffer answer = ByteBuffer.allocate(4);
                answered(key, channel.read(answer) == 4 ? "code " + answer.get(3) : "closed");
            }
        } catch (IOException e) {
            answered(key, "failed");
        }
    }

    private void answered(SelectionKey key, String how) {
        answers.merge(how, 1, Integer::sum);
        try {
            key.channel().close();
        } catch (IOException e) {
            // it is gone
        }
    }
}
