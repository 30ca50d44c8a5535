package org.ternmq.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ternmq.system.SharedBroker.unique;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ternmq.conformance.Mqtt5;
import org.ternmq.system.RawClient.Connect;

/** What becomes of the messages of a shared subscription when a member leaves, and when nobody can take them. */
@Timeout(60)
final class SharedSubscriptionIT {
    private static final int MESSAGES = 10;

    @RegisterExtension
    final Brokers brokers = new Brokers();

    private final String topic = unique("shared");
    private final String shared = "$share/group/" + topic;

    private RawClient connect(int port, String name) throws IOException {
        return RawClient.connect(port, 5, Connect.clean(name));
    }

    /** Publishes messages 1 to 10 and waits for their acknowledgements. */
    private void publish(int port, int qos) throws IOException {
        try (RawClient publisher = connect(port, "publisher")) {
            for (int i = 1; i <= MESSAGES; i++) {
                publisher.send(publisher.publish(topic, qos, 0, i, "" + i));
            }
            for (int i = 1; i <= MESSAGES; i++) {
                RawPacket ack = publisher.expect(qos == 1 ? RawPacket.PUBACK : RawPacket.PUBREC);
                assertThat(ack.u16(0)).isEqualTo(i);
                assertThat(ack.ackReason()).isZero();
            }
        }
    }

    private static List<RawPacket.Publish> take(RawClient client) throws IOException {
        List<RawPacket.Publish> taken = new ArrayList<>();
        for (int i = 0; i < MESSAGES; i++) {
            taken.add(client.expectPublish());
        }
        return taken;
    }

    private static List<String> payloads(List<RawPacket.Publish> publishes) {
        return publishes.stream().map(RawPacket.Publish::payload).toList();
    }

    private static final List<String> ALL =
            IntStream.rangeClosed(1, MESSAGES).mapToObj(Integer::toString).toList();

    @ParameterizedTest(name = "session stays: {0}, says goodbye: {1}")
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void whatAMemberThatLeavesHasNotAcknowledgedGoesToAnother(boolean stays, boolean goodbye) throws Exception {
        int port = brokers.folder("broker").start().port();
        RawClient leaving =
                RawClient.connect(port, 5, stays ? Connect.persistent("leaving") : Connect.clean("leaving"));
        leaving.subscribe(shared, 1);
        publish(port, 1);
        List<RawPacket.Publish> first = take(leaving);
        assertThat(payloads(first)).isEqualTo(ALL);
        leaving.send(RawClient.ack(RawPacket.PUBACK, first.get(0).packetId()));
        leaving.sendHex("C0 00");
        leaving.expect(RawPacket.PINGRESP);
        try (RawClient other = connect(port, "other")) {
            other.subscribe(shared, 1);
            if (goodbye) {
                leaving.disconnect();
            } else {
                leaving.close();
            }
            List<String> passedOn = new ArrayList<>();
            for (int i = 1; i < MESSAGES; i++) {
                RawPacket.Publish publish = other.expectPublish();
                assertThat(publish.dup()).as("new to this member").isFalse();
                passedOn.add(publish.payload());
            }
            assertThat(passedOn).as("in order").isEqualTo(ALL.subList(1, MESSAGES));
            assertThat(other.poll(Duration.ofMillis(200))).isEmpty();
            if (stays) {
                try (RawClient back = RawClient.connect(port, 5, Connect.persistent("leaving"))) {
                    assertThat(back.sessionPresent()).isTrue();
                    assertThat(back.poll(Duration.ofMillis(200)))
                            .as("they are another's now")
                            .isEmpty();
                }
            }
        }
    }

    @Test
    @Mqtt5({"4.8.2-4", "4.8.2-5"})
    void whatWasBegunAtQos2StaysWithItsMember() throws Exception {
        int port = brokers.folder("broker").start().port();
        RawClient leaving = RawClient.connect(port, 5, Connect.persistent("leaving"));
        leaving.subscribe(shared, 2);
        publish(port, 2);
        assertThat(payloads(take(leaving))).isEqualTo(ALL);
        try (RawClient other = connect(port, "other")) {
            other.subscribe(shared, 2);
            leaving.close();
            assertThat(other.poll(Duration.ofMillis(300))).isEmpty();
            try (RawClient back = RawClient.connect(port, 5, Connect.persistent("leaving"))) {
                assertThat(payloads(take(back))).isEqualTo(ALL);
            }
            // The end of the session ends them; they must not go to anybody else.
            connect(port, "leaving").close();
            assertThat(other.poll(Duration.ofMillis(300))).isEmpty();
        }
    }

    @Test
    void whatWaitsForAMemberWhoseSessionEndsAfterARestartGoesToAnother() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder folder = brokers.folder("broker");
        BrokerProcess broker = folder.start();
        RawClient leaving = RawClient.connect(broker.port(), 5, Connect.persistent("leaving"));
        leaving.subscribe(shared, 1);
        leaving.disconnect();
        publish(broker.port(), 1);
        broker.kill9();
        int port = folder.start().port();
        try (RawClient other = connect(port, "other")) {
            other.subscribe(shared, 1);
            connect(port, "leaving").close();
            assertThat(payloads(take(other))).isEqualTo(ALL);
        }
    }

    @Test
    void aMemberWhoseWindowIsFullIsSpared() throws Exception {
        int port = brokers.folder("broker").start().port();
        try (RawClient one = connect(port, "one");
                RawClient two = connect(port, "two")) {
            one.subscribe(shared, 1);
            publish(port, 1);
            assertThat(payloads(take(one))).isEqualTo(ALL);
            two.subscribe(shared, 1);
            // The first one acknowledges nothing and has a window of 256: all others go to the second one.
            try (RawClient publisher = connect(port, "publisher")) {
                int sent = 1000;
                int toOne = 0;
                int toTwo = 0;
                for (int i = 1; i <= sent; i++) {
                    publisher.send(publisher.publish(topic, 1, 0, i, "x" + i));
                    publisher.expect(RawPacket.PUBACK);
                    for (Optional<RawPacket> next = two.poll(Duration.ZERO);
                            next.isPresent();
                            next = two.poll(Duration.ZERO)) {
                        two.send(RawClient.ack(
                                RawPacket.PUBACK, next.get().publish(5).packetId()));
                        toTwo++;
                    }
                    while (one.poll(Duration.ZERO).isPresent()) {
                        toOne++;
                    }
                }
                while (toOne + toTwo < sent) {
                    RawPacket packet = two.expect(RawPacket.PUBLISH);
                    two.send(RawClient.ack(RawPacket.PUBACK, packet.publish(5).packetId()));
                    toTwo++;
                }
                assertThat(toOne).as("to the one that acknowledges nothing").isLessThanOrEqualTo(256 - MESSAGES);
            }
        }
    }

    @Test
    void whenTheQueuesOfAllMembersAreFullThePublisherIsTold() throws Exception {
        BrokerFolder folder = brokers.folder("broker");
        int port = folder.start("--set", "limits.overflow=reject", "--set", "limits.queue-messages=" + MESSAGES)
                .port();
        try (RawClient member = RawClient.connect(port, 5, Connect.persistent("member"))) {
            member.subscribe(shared, 1);
            member.disconnect();
        }
        publish(port, 1);
        try (RawClient publisher = connect(port, "publisher")) {
            publisher.send(publisher.publish(topic, 1, 0, 1, "too much"));
            assertThat(publisher.expect(RawPacket.PUBACK).ackReason()).isEqualTo(0x97);
            try (RawClient second = RawClient.connect(port, 5, Connect.clean("second"))) {
                second.subscribe(shared, 1);
                publisher.send(publisher.publish(topic, 1, 0, 2, "room"));
                assertThat(publisher.expect(RawPacket.PUBACK).ackReason()).isZero();
                assertThat(second.expectPublish().payload()).isEqualTo("room");
            }
        }
    }

    @Test
    void willsOfAllClientsOfAKilledBrokerReachAllSessions() throws Exception {
        BrokerFolder.needsAStoreOnDisk();
        BrokerFolder folder = brokers.folder("broker");
        BrokerProcess broker = folder.start();
        int clients = 40;
        List<RawClient> open = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            RawClient client = RawClient.connect(
                    broker.port(), 5, Connect.persistent("client" + i).will(topic + "/will/" + i));
            client.subscribe(topic + "/will/#", 1);
            open.add(client);
        }
        broker.kill9();
        for (RawClient client : open) {
            client.close();
        }
        int port = folder.start().port();
        for (int i = 0; i < clients; i++) {
            try (RawClient client = RawClient.connect(port, 5, Connect.persistent("client" + i))) {
                List<String> topics = new ArrayList<>();
                for (int k = 0; k < clients; k++) {
                    topics.add(client.expectPublish().topic());
                }
                assertThat(topics).doesNotHaveDuplicates();
            }
        }
    }
}
