package org.ternmq.broker.cli;

import com.hivemq.client.mqtt.MqttClientBuilderBase;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttClientSslConfigBuilder;
import com.hivemq.client.mqtt.MqttClientState;
import com.hivemq.client.mqtt.MqttWebSocketConfig;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.ternmq.broker.config.TlsFiles;

/** What both versions of the client have in common when they are made. */
final class ClientSetup {
    private static final long RECONNECT_SECONDS = 1;
    private static final long RECONNECT_MAX_SECONDS = 30;

    private ClientSetup() {}

    static <B extends MqttClientBuilderBase<B>> B apply(B builder, ClientOptions options, boolean reconnects)
            throws ClientException {
        B made = builder.serverHost(options.host()).serverPort(options.port());
        if (options.id().isPresent()) {
            made = made.identifier(options.id().get());
        }
        if (options.tls()) {
            made = made.sslConfig(tls(options));
        }
        if (options.webSocketPath().isPresent()) {
            made = made.webSocketConfig(MqttWebSocketConfig.builder()
                    .serverPath(options.webSocketPath().get())
                    .build());
        }
        if (reconnects) {
            made = made.automaticReconnect()
                    .initialDelay(RECONNECT_SECONDS, TimeUnit.SECONDS)
                    .maxDelay(RECONNECT_MAX_SECONDS, TimeUnit.SECONDS)
                    .applyAutomaticReconnect();
        }
        return made.addDisconnectedListener(context -> {
            // The first connection is made or given up; only one that was there comes back.
            if (context.getClientConfig().getState() == MqttClientState.CONNECTING) {
                context.getReconnector().reconnect(false);
            }
        });
    }

    /** A thread for what is done with messages; daemon, so that it holds up nobody who leaves. */
    static ExecutorService receiver() {
        return Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "messages");
            thread.setDaemon(true);
            return thread;
        });
    }

    private static MqttClientSslConfig tls(ClientOptions options) throws ClientException {
        try {
            MqttClientSslConfigBuilder tls = MqttClientSslConfig.builder()
                    .trustManagerFactory(options.trust().orElse(null))
                    .keyManagerFactory(options.identity().orElse(null));
            return options.insecure()
                    ? tls.hostnameVerifier((host, session) -> true).build()
                    : tls.build();
        } catch (TlsFiles.UnusableException e) {
            throw new ClientException(e.problem(), e);
        }
    }
}
