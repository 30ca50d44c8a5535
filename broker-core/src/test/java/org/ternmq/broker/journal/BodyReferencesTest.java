package org.ternmq.broker.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** The counts against a map. */
final class BodyReferencesTest {
    @Property(tries = 200)
    void theLastReferenceIsTheLast(@ForAll long seed) {
        Random random = new Random(seed);
        BodyReferences counts = new BodyReferences();
        Map<Long, Integer> model = new HashMap<>();
        long id = 1;
        for (int step = 0; step < 2_000; step++) {
            if (model.isEmpty() || random.nextInt(3) == 0) {
                id += 1 + random.nextInt(1 << random.nextInt(20));
                int references = 1 + random.nextInt(4);
                counts.set(id, references);
                model.put(id, references);
            } else {
                List<Long> ids = new ArrayList<>(model.keySet());
                long some = ids.get(random.nextInt(ids.size()));
                int left = model.merge(some, -1, Integer::sum);
                assertThat(counts.release(some)).isEqualTo(left == 0);
                if (left == 0) {
                    model.remove(some);
                }
            }
        }
        assertThat(counts.size()).as("bodies with one reference take no place").isEqualTo((int)
                model.values().stream().filter(n -> n > 1).count());
    }
}
