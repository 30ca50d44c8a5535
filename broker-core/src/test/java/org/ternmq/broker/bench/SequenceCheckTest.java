package org.ternmq.broker.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class SequenceCheckTest {
    private final LoopStats stats = new LoopStats();
    private final SequenceCheck check = new SequenceCheck();

    @Test
    void inOrder() {
        assertThat(check.arrived(0, stats)).isEqualTo(1);
        assertThat(check.arrived(1, stats)).isEqualTo(1);
        assertThat(stats).extracting("delivered", "duplicated", "outOfOrder").containsExactly(2L, 0L, 0L);
    }

    @Test
    void aGapIsNotWaitedFor() {
        assertThat(check.arrived(3, stats)).isEqualTo(4);
        assertThat(check.arrived(1, stats)).as("given up already").isZero();
        assertThat(stats.outOfOrder).isEqualTo(1);
        assertThat(check.arrived(1, stats)).isZero();
        assertThat(stats.duplicated).isEqualTo(1);
    }

    @Property
    void agreesWithASet(@ForAll @Size(max = 60) List<@LongRange(max = 20) Long> arrivals) {
        SequenceCheck fresh = new SequenceCheck();
        LoopStats counted = new LoopStats();
        Set<Long> known = new HashSet<>();
        long duplicated = 0;
        long late = 0;
        long highest = -1;
        long accounted = 0;
        for (long sequence : arrivals) {
            accounted += fresh.arrived(sequence, counted);
            if (!known.add(sequence)) {
                duplicated++;
            } else if (sequence < highest) {
                late++;
            }
            highest = Math.max(highest, sequence);
        }
        assertThat(counted.delivered).isEqualTo(arrivals.size());
        assertThat(counted.duplicated).isEqualTo(duplicated);
        assertThat(counted.outOfOrder).isEqualTo(late);
        assertThat(accounted).isEqualTo(highest + 1);
    }
}
