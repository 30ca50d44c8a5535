package org.ternmq.testkit;

import java.util.function.Predicate;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.Authorizer;
import org.ternmq.spi.QoS;
import org.ternmq.spi.RulesChanged;
import org.ternmq.spi.TopicFilter;

/** An authorizer that does it right passes. */
final class AuthorizerConformanceTest extends AuthorizerConformance {
    @Override
    protected Authorizer authorizer(RulesChanged changed) {
        TopicFilter sites = TopicFilter.parse("sites/#");
        AccessRules nothing = rules(filter -> false);
        return client -> client.username().filter("ada"::equals).isPresent() ? rules(sites::covers) : nothing;
    }

    private static AccessRules rules(Predicate<TopicFilter> may) {
        return new AccessRules() {
            @Override
            public Decision publish(String topic, QoS qos, boolean retain) {
                return may.test(TopicFilter.parse(topic)) ? Decision.ALLOW : Decision.ABSTAIN;
            }

            @Override
            public Decision subscribe(TopicFilter filter, QoS qos) {
                return may.test(filter) ? Decision.ALLOW : Decision.ABSTAIN;
            }
        };
    }

    @Override
    protected TestClientInfo client() {
        return TestClientInfo.of("meter-1", "ada");
    }

    @Override
    protected String allowed() {
        return "sites/1/state";
    }

    @Override
    protected String forbidden() {
        return "vault/key";
    }
}
