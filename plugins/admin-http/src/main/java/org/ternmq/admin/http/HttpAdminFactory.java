package org.ternmq.admin.http;

import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.Admin;
import org.ternmq.spi.AdminFactory;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.control.BrokerControl;

/** {@code type: http}, the default of {@code admin}. */
@Extension
public final class HttpAdminFactory implements AdminFactory {
    @Override
    public String type() {
        return "http";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(Settings.class);
    }

    @Override
    public Admin create(PluginContext context, BrokerControl control) throws Exception {
        return new HttpAdmin(context, context.config(Settings.class), control);
    }
}
