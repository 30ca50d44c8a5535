package org.ternmq.spi;

/**
 * Access rules that can say why they decide as they do. Rules need not be able to; those that are answer
 * {@code ternmq acl explain} and the like with what to look at.
 *
 * <p>Its methods are called by tools, on any one thread at a time, never on an event loop. They take the same arguments as
 * those of {@link AccessRules} without {@code why} in front and return text of one or more lines: the rule that decides and
 * where it is written, such as {@code acl.yaml:12:7: deny publish on 'sites/#'}, or that none does. An exception is shown in
 * place of the text.
 */
public interface ExplainedAccessRules extends AccessRules {
    /**
     * Why {@link #publish} decides as it does.
     *
     * @param topic the topic name
     * @param qos the message's QoS
     * @param retain whether the message is to be retained
     * @return the reason, not empty
     */
    String whyPublish(String topic, QoS qos, boolean retain);

    /**
     * Why {@link #subscribe} decides as it does.
     *
     * @param filter the filter, never a {@code $share} one
     * @param qos the requested maximum
     * @return the reason, not empty
     */
    String whySubscribe(TopicFilter filter, QoS qos);

    /**
     * Why {@link #receive} decides as it does.
     *
     * @param topic the topic name
     * @param qos the message's QoS
     * @return the reason, not empty
     */
    String whyReceive(String topic, QoS qos);
}
