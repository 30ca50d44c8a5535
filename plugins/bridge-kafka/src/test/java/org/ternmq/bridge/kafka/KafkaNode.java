package org.ternmq.bridge.kafka;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;
import org.slf4j.LoggerFactory;

/**
 * One Kafka of one node, with what it needs to start within seconds. It says READY, and ends when its standard input does, so that it
 * never outlives the test. Started in a Java of its own, also by the system tests.
 */
final class KafkaNode {
    private KafkaNode() {}

    /**
     * Runs it.
     *
     * @param args its folder; its ports for the bridge, the tests and itself; the port under which the bridge is told to find it
     */
    public static void main(String[] args) throws IOException {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.ERROR);
        Path logs = Files.createDirectories(Path.of(args[0], "logs"));
        Path identity = logs.resolve("meta.properties");
        if (!Files.exists(identity)) { // as kafka-storage.sh format writes it, in a tenth of the time
            Files.writeString(
                    identity,
                    "version=1\ncluster.id=dGVybm1xLWthZmthLXRlcw\nnode.id=1\ndirectory.id=dGVybm1xa2Fma2F0ZXN0MA\n");
        }
        String here = "127.0.0.1:";
        Properties settings = new Properties();
        settings.setProperty("process.roles", "broker,controller");
        settings.setProperty("node.id", "1");
        settings.setProperty(
                "listeners", "BRIDGE://" + here + args[1] + ",TEST://" + here + args[2] + ",SELF://" + here + args[3]);
        settings.setProperty("advertised.listeners", "BRIDGE://" + here + args[4] + ",TEST://" + here + args[2]);
        settings.setProperty("listener.security.protocol.map", "BRIDGE:PLAINTEXT,TEST:PLAINTEXT,SELF:PLAINTEXT");
        settings.setProperty("inter.broker.listener.name", "TEST");
        settings.setProperty("controller.listener.names", "SELF");
        settings.setProperty("controller.quorum.voters", "1@" + here + args[3]);
        settings.setProperty("log.dirs", logs.toString());
        settings.setProperty("offsets.topic.replication.factor", "1");
        settings.setProperty("offsets.topic.num.partitions", "1");
        settings.setProperty("group.initial.rebalance.delay.ms", "0");
        settings.setProperty("auto.create.topics.enable", "false");
        settings.setProperty("log.cleaner.enable", "false");
        new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM).startup();
        System.out.println("READY");
        while (System.in.read() >= 0) {
            // until the end
        }
        Runtime.getRuntime().halt(0);
    }
}
