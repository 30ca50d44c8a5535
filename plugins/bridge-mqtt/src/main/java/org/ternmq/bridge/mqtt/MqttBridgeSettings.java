package org.ternmq.bridge.mqtt;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.ternmq.spi.ConfigurationException;
import org.ternmq.spi.DataSize;
import org.ternmq.spi.Default;

/**
 * The settings.
 *
 * @param url one or several of {@code mqtt://}, {@code mqtts://}, {@code ws://} and {@code wss://}, separated by blanks; the
 *     first that answers is used, and the first of all again when it is back
 * @param version {@code 5.0}, {@code 3.1.1}, or {@code auto}: 5.0, and 3.1.1 with a broker that refuses that
 * @param topics what is carried; the first rule of a direction that matches a topic is used
 * @param clientId under which the other broker knows this one; made of the names of the broker and the bridge if not given
 * @param username whom to log in as
 * @param password in plain; better a file
 * @param passwordFile a file with the password in its first line
 * @param tls for {@code mqtts://} and {@code wss://}
 * @param keepAlive after which a silent connection is tried
 * @param connectTimeout for a connection up to its CONNACK
 * @param reconnectMin the first pause after a lost connection; they double, and each is varied at random
 * @param reconnectMax the longest pause
 * @param failback how often the first address is tried while another one is in use
 * @param maxPacketSize the largest packet to take
 * @param receiveMaximum QoS 1 and 2 messages that may be unfinished, in each direction
 * @param sessionExpiry how long the other broker keeps what waits for this one; 5.0 only
 * @param bridgeFlag whether to say to a 3.1.1 broker that this is a bridge, so that it sends nothing back
 * @param start when to connect
 * @param idle after how long without a message a {@code lazy} or {@code schedule} bridge disconnects
 * @param every how often a {@code schedule} bridge connects
 */
record MqttBridgeSettings(
        String url,
        @Default("auto") String version,
        List<Topic> topics,
        Optional<String> clientId,
        Optional<String> username,
        Optional<String> password,
        Optional<Path> passwordFile,
        Optional<Tls> tls,
        @Default("60s") Duration keepAlive,
        @Default("10s") Duration connectTimeout,
        @Default("1s") Duration reconnectMin,
        @Default("60s") Duration reconnectMax,
        @Default("60s") Duration failback,
        @Default("1MiB") DataSize maxPacketSize,
        @Default("1000") int receiveMaximum,
        @Default("7d") Duration sessionExpiry,
        @Default("true") boolean bridgeFlag,
        @Default("always") Start start,
        @Default("10s") Duration idle,
        @Default("1h") Duration every) {

    /** When to connect. */
    enum Start {
        /** At once, and again when the connection is lost. */
        ALWAYS,
        /** When a message waits to go out. */
        LAZY,
        /** Once in an interval. */
        SCHEDULE
    }

    /**
     * What is carried: one of {@code out}, {@code in} and {@code both} with a filter.
     *
     * @param out from here to there
     * @param in from there to here
     * @param both in both directions
     * @param qos the highest QoS to carry with
     * @param localPrefix in front of the filter and the topics here
     * @param remotePrefix in front of the filter and the topics there
     */
    record Topic(
            Optional<String> out,
            Optional<String> in,
            Optional<String> both,
            @Default("1") int qos,
            Optional<String> localPrefix,
            Optional<String> remotePrefix) {
        Topic {
            long directions =
                    List.of(out, in, both).stream().filter(Optional::isPresent).count();
            if (directions != 1) {
                throw new ConfigurationException("a topic has exactly one of out, in and both");
            }
            if (qos < 0 || qos > 2) {
                throw new ConfigurationException("qos is 0, 1 or 2");
            }
        }
    }

    /**
     * TLS.
     *
     * @param ca certificates (PEM) of who may have signed the other broker's; without it, those that Java trusts
     * @param certificate this broker's certificate with its chain (PEM), if the other one asks for it
     * @param key its private key (PEM, PKCS#8)
     * @param verifyHostName whether the certificate must be for the host that the URL names
     */
    record Tls(
            Optional<Path> ca,
            Optional<Path> certificate,
            Optional<Path> key,
            @Default("true") boolean verifyHostName) {
        Tls {
            if (certificate.isPresent() != key.isPresent()) {
                throw new ConfigurationException("certificate and key belong together");
            }
        }
    }

    MqttBridgeSettings {
        Address.parseAll(url);
        if (!List.of("auto", "5.0", "3.1.1").contains(version)) {
            throw new ConfigurationException("version is auto, 5.0 or 3.1.1, not '" + version + "'");
        }
        if (topics.isEmpty()) {
            throw new ConfigurationException("topics: a bridge without topics carries nothing");
        }
        if (password.isPresent() && passwordFile.isPresent()) {
            throw new ConfigurationException("give one of password and password-file");
        }
        if (username.isEmpty() && (password.isPresent() || passwordFile.isPresent())) {
            throw new ConfigurationException("a password without a username");
        }
        if (receiveMaximum < 1 || receiveMaximum > 65_535) {
            throw new ConfigurationException("receive-maximum is from 1 to 65535");
        }
        positive("keep-alive", keepAlive);
        positive("connect-timeout", connectTimeout);
        positive("reconnect-min", reconnectMin);
        positive("failback", failback);
        positive("idle", idle);
        positive("every", every);
        if (keepAlive.toSeconds() < 1 || keepAlive.toSeconds() > 65_535) {
            throw new ConfigurationException("keep-alive is from 1s to 65535s");
        }
        if (reconnectMax.compareTo(reconnectMin) < 0) {
            throw new ConfigurationException("reconnect-max is shorter than reconnect-min");
        }
        TopicRules.of(topics);
    }

    private static void positive(String key, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new ConfigurationException(key + " must be longer than 0");
        }
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "MqttBridgeSettings[url=" + url + ", version=" + version + ", topics=" + topics + "]";
    }
}
