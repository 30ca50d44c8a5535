package org.ternmq.broker.session;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.protocol.ApplicationMessage;
import org.ternmq.broker.protocol.MessageProperties;
import org.ternmq.broker.protocol.ReasonCode;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.Message;
import org.ternmq.spi.PublishInterceptor;
import org.ternmq.spi.PublishInterceptor.Verdict;

/** The configured interceptors, asked in order. One that throws drops the message. Safe for use by all loops. */
public final class Interceptors {
    /** What became of a message: one to route, or a code to acknowledge it with. */
    public record Result(@Nullable ApplicationMessage message, ReasonCode reasonCode) {}

    private static final Logger LOG = LoggerFactory.getLogger(Interceptors.class);

    private final List<PublishInterceptor> interceptors;
    private final boolean allowControlCharacters;
    private final Metrics metrics;

    /** The interceptors in the order of the configuration. */
    public Interceptors(List<PublishInterceptor> interceptors, boolean allowControlCharacters, Metrics metrics) {
        this.interceptors = List.copyOf(interceptors);
        this.allowControlCharacters = allowControlCharacters;
        this.metrics = metrics;
    }

    /** Whether there are none, so that nothing need be asked. */
    public boolean isEmpty() {
        return interceptors.isEmpty();
    }

    /** Shows them a message. */
    public Result apply(ClientInfo client, ApplicationMessage original, long now) {
        Message message = MessageProperties.toSpi(original, now);
        boolean replaced = false;
        try {
            for (PublishInterceptor each : interceptors) {
                Verdict verdict = each.onPublish(client, message);
                if (verdict instanceof Verdict.Replace replace) {
                    message = replace.message();
                    replaced = true;
                } else if (verdict instanceof Verdict.Drop drop) {
                    metrics.dropped(DropReason.INTERCEPTED);
                    ReasonCode code = ReasonCode.of(drop.reasonCode() & 0xFF);
                    return new Result(null, code == null ? ReasonCode.UNSPECIFIED_ERROR : code);
                }
            }
            if (!replaced) {
                return new Result(original, ReasonCode.SUCCESS);
            }
            return new Result(
                    MessageProperties.fromSpi(
                            message.toBuilder().qos(original.qos()).build(),
                            allowControlCharacters,
                            now,
                            original.publisher()),
                    ReasonCode.SUCCESS);
        } catch (RuntimeException | LinkageError e) {
            metrics.pluginFailed();
            metrics.dropped(DropReason.INTERCEPTED);
            LOG.error("An interceptor failed; the message to {} is dropped", original.topic(), e);
            return new Result(null, ReasonCode.UNSPECIFIED_ERROR);
        }
    }
}
