package example;

import java.util.Optional;
import org.pf4j.Extension;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.AuthorizerFactory;
import org.ternmq.spi.ClientInfo;
import org.ternmq.spi.Default;
import org.ternmq.spi.PluginContext;
import org.ternmq.spi.QoS;
import org.ternmq.spi.RulesChanged;
import org.ternmq.spi.TopicFilter;

/** The user "acme:pump-7" has all topics below "tenants/acme/", and no others. */
@Extension
public final class TenantAuthorizerFactory implements AuthorizerFactory {
    /** The block in the YAML: {type: tenant, root: tenants}. */
    public record Settings(@Default("tenants") String root) {}

    @Override
    public String type() {
        return "tenant";
    }

    @Override
    public Optional<Class<? extends Record>> settings() {
        return Optional.of(Settings.class);
    }

    @Override
    public Authorizer create(PluginContext context, RulesChanged changed) {
        String root = context.config(Settings.class).root();
        return client -> tenant(client)
                .<AccessRules>map(tenant -> new Below(TopicFilter.parse(root + "/" + tenant + "/#")))
                .orElse(new Nothing());
    }

    /** A name that would change the meaning of a filter is no tenant's. */
    private static Optional<String> tenant(ClientInfo client) {
        return client.username()
                .filter(name -> name.indexOf(':') > 0)
                .map(name -> name.substring(0, name.indexOf(':')))
                .filter(tenant -> tenant.matches("[a-z0-9-]{1,64}"));
    }

    /** Asked on event loops, for each message: it only compares. */
    private record Below(TopicFilter own) implements AccessRules {
        @Override
        public Decision publish(String topic, QoS qos, boolean retain) {
            return own.matches(topic) ? Decision.ALLOW : Decision.ABSTAIN;
        }

        @Override
        public Decision subscribe(TopicFilter filter, QoS qos) {
            return own.covers(filter) ? Decision.ALLOW : Decision.ABSTAIN;
        }
    }

    private record Nothing() implements AccessRules {
        @Override
        public Decision publish(String topic, QoS qos, boolean retain) {
            return Decision.ABSTAIN;
        }

        @Override
        public Decision subscribe(TopicFilter filter, QoS qos) {
            return Decision.ABSTAIN;
        }
    }
}
