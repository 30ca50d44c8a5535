package org.ternmq.broker.cli;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What {@code pub} and {@code sub} want of a client, in either version of MQTT. Any thread. */
interface ClientConnection {
    /** A message that came, and how to acknowledge it; until then it counts as not delivered. */
    record Arrived(Mqtt5Publish message, Runnable acknowledge) {}

    /** What is done with messages that come; called by one thread at a time. */
    interface Receiver {
        void arrived(Arrived message);
    }

    /**
     * What to subscribe to.
     *
     * @param retainAsPublished with 5.0
     * @param noRetained not what is retained already, with 5.0
     */
    record Wanted(List<String> topicFilters, int qos, boolean retainAsPublished, boolean noRetained) {}

    /** Connects; completes with the reason code of CONNACK, which is 0 if it was accepted, or exceptionally without one. */
    CompletableFuture<Integer> connect();

    /** Publishes; completes with the reason code once the broker has taken it over, at QoS 0 once it is written. */
    CompletableFuture<Integer> publish(Mqtt5Publish message);

    /** Has messages given to the receiver; before {@link #connect}, so that none is missed. */
    void receive(Receiver receiver);

    /** Subscribes; completes with the code for each filter. */
    CompletableFuture<List<Integer>> subscribe(Wanted wanted);

    /** Unsubscribes; completes with the code for each filter. */
    CompletableFuture<List<Integer>> unsubscribe(List<String> topicFilters);

    /** Leaves in order. */
    CompletableFuture<Void> disconnect();

    /** By the options; it comes back by itself if {@code reconnects}. */
    static ClientConnection of(ClientOptions options, boolean reconnects) throws ClientException {
        return options.isVersion5() ? new Client5(options, reconnects) : new Client3(options, reconnects);
    }
}
