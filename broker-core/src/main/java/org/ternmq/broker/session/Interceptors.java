package org.ternmq.broker.session;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.ternmq.broker.observe.DropReason;
import org.ternmq.broker.observe.LoopWatch;
import org.ternmq.broker.observe.Metrics;
import org.ternmq.broker.observe.PluginScope;
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

    /** An interceptor under its name in the configuration. */
    public record Named(String name, PublishInterceptor plugin) {}

    private record Asked(PluginScope scope, PublishInterceptor plugin) {}

    private static final Logger LOG = LoggerFactory.getLogger(Interceptors.class);

    private volatile List<Asked> interceptors;
    private final boolean allowControlCharacters;
    private final Metrics metrics;
    private final LoopWatch watch;

    /** The interceptors in the order of the configuration. */
    public Interceptors(List<Named> interceptors, boolean allowControlCharacters, Metrics metrics, LoopWatch watch) {
        this.allowControlCharacters = allowControlCharacters;
        this.metrics = metrics;
        this.watch = watch;
        this.interceptors = interceptors.stream().map(this::asked).toList();
    }

    private Asked asked(Named named) {
        return new Asked(new PluginScope(named.name(), named.plugin(), metrics, watch), named.plugin());
    }

    /**
     * Puts another in the place of the one of that name, for messages to come. A loop may be in the old one until its turn
     * is over.
     *
     * @return the old one
     */
    public synchronized PublishInterceptor replace(Named fresh) {
        List<Asked> changed = new ArrayList<>(interceptors);
        for (int i = 0; i < changed.size(); i++) {
            if (changed.get(i).scope().name().equals(fresh.name())) {
                PublishInterceptor old = changed.set(i, asked(fresh)).plugin();
                interceptors = List.copyOf(changed);
                return old;
            }
        }
        throw new IllegalArgumentException("no " + fresh.name());
    }

    /** Closes those in force; no loop may ask any more. */
    public void close() {
        for (Asked each : interceptors) {
            try {
                PluginScope.callIn(each.scope().loader(), () -> {
                    each.plugin().close();
                    return true;
                });
            } catch (Throwable e) { // the others are to be closed too
                LOG.warn("{} failed to close", each.scope().name(), e);
            }
        }
    }

    /** Whether there are none, so that nothing need be asked. */
    public boolean isEmpty() {
        return interceptors.isEmpty();
    }

    /** Shows them a message. */
    public Result apply(ClientInfo client, ApplicationMessage original, long now) {
        Message message = MessageProperties.toSpi(original, now);
        ApplicationMessage replaced = original;
        for (Asked each : interceptors) {
            ClassLoader before = each.scope().begin();
            try {
                Verdict verdict = each.plugin().onPublish(client, message);
                if (verdict instanceof Verdict.Replace replace) {
                    replaced = MessageProperties.fromSpi(
                            replace.message().toBuilder().qos(original.qos()).build(),
                            allowControlCharacters,
                            now,
                            original.publisher());
                    message = replace.message();
                } else if (verdict instanceof Verdict.Drop drop) {
                    metrics.dropped(DropReason.INTERCEPTED);
                    ReasonCode code = ReasonCode.of(drop.reasonCode() & 0xFF);
                    return new Result(null, code == null ? ReasonCode.UNSPECIFIED_ERROR : code);
                } else if (!(verdict instanceof Verdict.Pass)) {
                    throw new IllegalStateException("answered null");
                }
            } catch (Throwable e) { // whatever it throws, the loop has other clients to serve
                metrics.dropped(DropReason.INTERCEPTED);
                each.scope().failed("the message to " + original.topic() + " is dropped", e);
                return new Result(null, ReasonCode.UNSPECIFIED_ERROR);
            } finally {
                each.scope().end(before);
            }
        }
        return new Result(replaced, ReasonCode.SUCCESS);
    }
}
