package org.ternmq.acl.file;

import java.nio.file.Path;
import java.util.Locale;
import java.util.function.IntUnaryOperator;
import org.ternmq.spi.AccessRules;
import org.ternmq.spi.AccessRules.Decision;
import org.ternmq.spi.QoS;
import org.ternmq.spi.TopicFilter;
import org.ternmq.testkit.TestClientInfo;

/**
 * How long a decision takes, with as many rules as the argument says, 1000 if there is none. Not a test: run its main with the
 * test class path.
 */
final class RulesSpeed {
    private static final int ROUNDS = 8;
    private static final int CALLS = 2_000_000;
    private static final int TOPICS = 4096;

    private RulesSpeed() {}

    public static void main(String[] args) {
        int count = args.length == 0 ? 1000 : Integer.parseInt(args[0]);
        measure("fixed", count, "");
        measure("filled in", count, "%u/");
    }

    private static void measure(String kind, int count, String front) {
        StringBuilder text = new StringBuilder("evaluation: deny-wins\neveryone:\n");
        for (int i = 0; i < count; i++) {
            String filter = switch (i % 4) {
                case 0 -> front + "sites/" + i + "/sensors/+/state";
                case 1 -> front + "sites/" + i + "/#";
                case 2 -> front + "sites/+/type" + i + "/#";
                default -> front + "plants/" + i + "/line/" + i;
            };
            text.append("  - {")
                    .append(i % 10 == 9 ? "deny" : "allow")
                    .append(": [publish, subscribe], topic: \"")
                    .append(filter)
                    .append("\"}\n");
        }
        AccessList list = YamlFile.read(Path.of("acl"), text.toString());
        TestClientInfo client = TestClientInfo.of("client", "user");
        AccessRules rules = list.rulesFor(client);
        String under = front.isEmpty() ? "" : "user/";
        String[] topics = new String[TOPICS];
        TopicFilter[] filters = new TopicFilter[TOPICS];
        for (int i = 0; i < TOPICS; i++) {
            topics[i] =
                    under + (i % 3 == 0 ? "nothing/of/the/kind" : "sites/" + i % count + "/sensors/" + i + "/state");
            filters[i] = TopicFilter.parse(under + "sites/" + i % count + "/sensors/+/#");
        }
        String what = String.format(Locale.ROOT, "%d rules, %s", count, kind);
        print(what + ", publish", CALLS, i -> code(rules.publish(topics[i & TOPICS - 1], QoS.AT_LEAST_ONCE, false)));
        print(what + ", receive", CALLS, i -> code(rules.receive(topics[i & TOPICS - 1], QoS.AT_LEAST_ONCE)));
        print(what + ", subscribe", CALLS, i -> code(rules.subscribe(filters[i & TOPICS - 1], QoS.AT_LEAST_ONCE)));
        print(what + ", rulesFor", 1000, i -> list.rulesFor(client).checksDeliveries() ? 1 : 2);
    }

    private static int code(Decision decision) {
        return decision == Decision.ALLOW ? 3 : decision == Decision.DENY ? 5 : 7;
    }

    private static void print(String what, int calls, IntUnaryOperator call) {
        double best = Double.MAX_VALUE;
        int sum = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long begin = System.nanoTime();
            for (int i = 0; i < calls; i++) {
                sum += call.applyAsInt(i);
            }
            best = Math.min(best, (System.nanoTime() - begin) / (double) calls);
        }
        System.out.printf(Locale.ROOT, "%-36s %8.1f ns   (%x)%n", what, best, sum);
    }
}
