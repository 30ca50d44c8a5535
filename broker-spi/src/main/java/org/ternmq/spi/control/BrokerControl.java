package org.ternmq.spi.control;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.ternmq.spi.Message;
import org.ternmq.spi.TopicFilter;

/**
 * The broker for an admin interface: what it knows, and what can be done to it. Implemented by the broker; may gain methods.
 *
 * <p>All methods may be called from any thread and never block it, but for those that say so. Stages complete on threads of the
 * broker, often an event loop: whatever follows must not block there. They complete exceptionally with
 * {@link IllegalArgumentException} if the question makes no sense. What is asked while the broker stops may never be answered, so
 * wait with a timeout.
 *
 * <p>Who may do what is for the caller to judge. Every method that changes something takes the {@link Principal}, and tells of it
 * as a {@link org.ternmq.spi.BrokerEvent.AdminAction}.
 */
public interface BrokerControl {
    /**
     * The broker at a glance.
     *
     * @return as of now
     */
    Overview overview();

    /**
     * Whether the broker takes clients: all listeners are open, and the storage has not failed.
     *
     * @return false while it starts and stops
     */
    boolean isReady();

    /**
     * Whether the broker works, and what is wrong if it does not.
     *
     * @return as of now
     */
    HealthView health();

    /**
     * The broker's data folder.
     *
     * @return an absolute path
     */
    Path dataFolder();

    /**
     * Sessions, in the order of their client ids (by UTF-16 code units).
     *
     * @param query which of them
     * @param page which part of them
     * @return a part of the list
     */
    CompletionStage<Page<SessionView>> sessions(SessionQuery query, PageRequest page);

    /**
     * One session.
     *
     * @param clientId whose
     * @return empty if there is none
     */
    CompletionStage<Optional<SessionView>> session(String clientId);

    /**
     * How the last connection of a client ended, or why it was refused, also for clients without a session.
     *
     * @param clientId whose
     * @return empty if it is not remembered
     */
    Optional<LastEnd> lastEnd(String clientId);

    /**
     * Ends the connection of a client with DISCONNECT 0x98 (Administrative action). Its session stays if it outlives the
     * connection, and its will is published.
     *
     * @param by who asks
     * @param clientId whose
     * @return false if the client is not connected
     */
    CompletionStage<Boolean> disconnect(Principal by, String clientId);

    /**
     * Ends a session, and its connection if it has one: subscriptions, and all that waits, are gone.
     *
     * @param by who asks
     * @param clientId whose
     * @return false if there is no session
     */
    CompletionStage<Boolean> purge(Principal by, String clientId);

    /**
     * Subscriptions, in the order of the client ids, and of the filters within one.
     *
     * @param query which of them
     * @param page which part of them
     * @return a part of the list
     */
    CompletionStage<Page<SubscriptionView>> subscriptions(SubscriptionQuery query, PageRequest page);

    /**
     * Who would get a message, and why: what the routing says, and then each session.
     *
     * @param topic the topic name
     * @param limit how many at most, 1 to {@value PageRequest#MOST}
     * @return in no order; {@link Page#next} is there, and empty text, if there are more
     */
    CompletionStage<Page<RouteView>> routes(String topic, int limit);

    /**
     * Retained messages that a filter matches, in the order of topics, level by level.
     *
     * @param filter which of them
     * @param page which part of them
     * @return a part of the list
     */
    Page<RetainedView> retained(TopicFilter filter, PageRequest page);

    /**
     * The levels right below a topic, or the first levels of all.
     *
     * @param under the topic; empty for the first levels
     * @param page which part of them
     * @return a part of the list
     */
    Page<RetainedLevel> retainedLevels(Optional<String> under, PageRequest page);

    /**
     * A retained message with its payload.
     *
     * @param topic its topic
     * @return empty if there is none
     */
    Optional<Message> retainedMessage(String topic);

    /**
     * Removes the retained messages that a filter matches; no client is told. Complete when this is safe.
     *
     * @param by who asks
     * @param filter which; one without a wildcard for a single message
     * @return how many there were
     */
    CompletionStage<Long> deleteRetained(Principal by, TopicFilter filter);

    /**
     * Publishes a message in the name of the broker. Access rules and interceptors are for clients and are not asked: whoever is
     * let to this call may publish everything. Complete when the message is as safe as a PUBACK would say.
     *
     * @param by who asks
     * @param message the message
     * @return how many subscribers get it
     */
    CompletionStage<Integer> publish(Principal by, Message message);

    /**
     * The clients that send and get most. Every client that is connected is asked; takes a second if nobody has asked lately.
     *
     * @param order by what
     * @param limit how many at most, 1 to {@value PageRequest#MOST}
     * @return the busiest first
     */
    CompletionStage<List<ClientRates>> busiest(ClientRates.Order order, int limit);

    /**
     * The sessions for which most waits.
     *
     * @param order by what
     * @param limit how many at most, 1 to {@value PageRequest#MOST}
     * @return the slowest first; none for which nothing waits
     */
    CompletionStage<List<SlowSubscriber>> slowest(SlowSubscriber.Order order, int limit);

    /**
     * The open listeners.
     *
     * @return in the order of the configuration
     */
    List<ListenerView> listeners();

    /**
     * What came and went by the listeners.
     *
     * @return in the order of the configuration
     */
    List<ListenerCounts> listenerCounts();

    /**
     * The installed plugins.
     *
     * @return by id
     */
    List<PluginView> plugins();

    /**
     * The configuration in force, secrets hidden.
     *
     * @return what is written, in the order of the file, and the defaults of all other keys
     */
    List<Setting> configuration();

    /**
     * Re-reads the files of authentication, authorization and TLS, as SIGHUP does. A bad file leaves the old state in force.
     *
     * @param by who asks
     * @return whether all went well; what did not is in the log
     */
    CompletionStage<Boolean> reload(Principal by);

    /**
     * Replaces a running instance of a plugin by a new one, made of what the configuration says of it now and of the plugin that
     * is installed now. Clients stay connected. May take a minute.
     *
     * @param by who asks
     * @param instance its name
     * @return what was done, or why the old one stays in force
     */
    CompletionStage<ReloadView> reload(Principal by, String instance);

    /**
     * The levels of the log that are set.
     *
     * @return by logger; none if the log cannot be changed at run time
     */
    List<LogLevel> logLevels();

    /**
     * Sets a level of the log until the broker ends.
     *
     * @param by who asks
     * @param level what to set
     * @throws IllegalArgumentException if there is no such level, or the log cannot be changed at run time
     */
    void logLevel(Principal by, LogLevel level);

    /**
     * The storage.
     *
     * @return as of now, or some seconds ago
     */
    CompletionStage<StorageView> storage();

    /**
     * Copies what is committed of sessions and messages into a new folder of the broker's machine, which can be the data folder of
     * a broker, while this one goes on. Takes as long as the disk does.
     *
     * @param by who asks
     * @param folder absolute, without {@code ..}, not there yet, in one that is, and outside of the data folder
     * @return whether there is a copy; exceptionally with {@link IllegalArgumentException} for a path that is not as said
     */
    CompletionStage<BackupView> backup(Principal by, Path folder);

    /**
     * The bridges.
     *
     * @return in the order of the configuration
     */
    CompletionStage<List<BridgeView>> bridges();

    /**
     * Who is banned.
     *
     * @return bans in force, addresses before users, in no further order
     */
    List<BanView> bans();

    /**
     * What the guard against floods holds.
     *
     * @return as of now
     */
    GuardView guard();

    /**
     * Lifts a ban, and forgets what led to it.
     *
     * @param by who asks
     * @param kind an address or a user
     * @param value which
     * @return false if there was none
     * @throws IllegalArgumentException if it is no address
     */
    boolean liftBan(Principal by, BanView.Kind kind, String value);

    /**
     * All metrics in the text format of Prometheus. May take some milliseconds.
     *
     * @return lines
     */
    String metrics();

    /**
     * Begins to trace a client or a topic. Ends with {@link TraceStream#close}.
     *
     * @param by who asks
     * @param query what of
     * @return what it sees from now on
     * @throws IllegalArgumentException if the query names neither a client nor a topic
     * @throws IllegalStateException if too many traces run
     */
    TraceStream trace(Principal by, TraceQuery query);

    /**
     * Tells of something that the admin interface did itself, or refused, so that the audit log has it.
     *
     * @param by who
     * @param action such as {@code disconnect-client}
     * @param target to what
     * @param outcome in words
     */
    void audit(Principal by, String action, String target, String outcome);
}
