package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.ternmq.system.RawClient.Connect;

/** Listeners on Unix domain sockets. */
@Timeout(120)
@DisabledOnOs(OS.WINDOWS)
final class UnixSocketIT {
    @RegisterExtension
    final Brokers brokers = new Brokers();

    /** Paths of sockets are short: at most 107 bytes. */
    private Path socket() throws IOException {
        return Files.createTempDirectory("tmq").resolve("s");
    }

    private BrokerFolder folder(Path socket, String more) throws IOException {
        return brokers.folder("unix")
                .configure("listeners: [{name: local, bind: 'unix:" + socket + "'" + more
                        + "}]\nstorage: {type: memory}\n");
    }

    /** A transport over a Unix domain socket. */
    private static RawTransport transport(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        channel.configureBlocking(false);
        Selector selector = Selector.open();
        channel.register(selector, SelectionKey.OP_READ);
        return new RawTransport() {
            @Override
            public void write(byte[] bytes) throws IOException {
                channel.write(ByteBuffer.wrap(bytes));
            }

            @Override
            public int read(byte[] into, int from, int length, int timeoutMillis) throws IOException {
                selector.selectedKeys().clear();
                if (selector.select(timeoutMillis) == 0) {
                    throw new SocketTimeoutException();
                }
                return channel.read(ByteBuffer.wrap(into, from, length));
            }

            @Override
            public int available() {
                return 0;
            }

            @Override
            public void close() throws IOException {
                selector.close();
                channel.close();
            }
        };
    }

    @Test
    void carriesMessagesHasItsModeAndIsRemovedAtTheEnd() throws Exception {
        Path socket = socket();
        for (String options : List.of("", "-Dio.netty.transport.noNative=true")) {
            BrokerFolder folder = folder(socket, ", mode: '0600'");
            ProcessBuilder command = TernMq.shipped()
                    .command(
                            "start",
                            "--config",
                            folder.config().toString(),
                            "--data",
                            folder.data().toString());
            command.environment().merge("TERNMQ_JVM_OPTS", options, (a, b) -> a + " " + b);
            try (BrokerProcess broker = new BrokerProcess(command, brokers.base())) {
                broker.awaitReady();
                assertThat(broker.readyLine()).contains("local=unix:" + socket);
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                        .isEqualTo("rw-------");
                try (RawClient client = RawClient.connect(transport(socket), 5, Connect.clean("local"))) {
                    client.subscribe("a", 1);
                    client.send(client.publish("a", 1, 0, 1, "x".repeat(70_000)));
                    client.expect(RawPacket.PUBACK);
                    assertThat(client.expectPublish().payload()).hasSize(70_000);
                }
                assertThat(broker.awaitLine("connected    client=local user=- address=unix ", RawClient.PATIENCE))
                        .isPresent();
                assertThat(broker.stop()).isZero();
                try (Stream<Path> left = Files.list(socket.getParent())) {
                    assertThat(left).isEmpty();
                }
                assertThat(broker.faults()).isEmpty();
            }
        }
    }

    @Test
    void aSocketThatIsLeftOverIsReplacedAndNothingElseIs() throws Exception {
        Path socket = socket();
        BrokerFolder folder = folder(socket, "");
        BrokerProcess killed = folder.start();
        killed.kill9();
        assertThat(socket).exists();

        BrokerProcess broker = folder.start();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-rw----");
        TernMq.Result second = folder.startAndEnd("--set", "storage.type=memory");
        assertThat(second.exit()).as(second.all()).isEqualTo(5);
        assertThat(second.err())
                .contains("listener 'local' cannot open unix:" + socket + ": somebody listens on it already");
        RawClient.connect(transport(socket), 5, Connect.clean("still")).disconnect();
        broker.stop();

        Files.writeString(socket, "mine");
        TernMq.Result third = folder.startAndEnd();
        assertThat(third.exit()).isEqualTo(5);
        assertThat(third.err()).contains("there is a file that is not a socket");
        assertThat(socket).hasContent("mine");
    }

    @Test
    void theSocketOfSomebodyElseIsNotRemovedAtTheEnd() throws Exception {
        Path socket = socket();
        BrokerProcess broker = folder(socket, "").start();
        Files.delete(socket);
        try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(socket));
            broker.stop();
            assertThat(socket).exists();
        }
    }
}
