package org.ternmq.broker.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class SysLoadTest {
    private final AtomicLong count = new AtomicLong();
    private final SysLoad load = new SysLoad("bytes/sent", count::get);

    private Map<String, String> figures() {
        Map<String, String> figures = new HashMap<>();
        load.put(figures);
        return figures;
    }

    @Test
    void averagesComeUpToARateThatLastsAndGoDownAgain() {
        assertThat(figures()).containsOnlyKeys("load/bytes/sent/1min", "load/bytes/sent/5min", "load/bytes/sent/15min");
        for (int i = 0; i < 6; i++) { // one minute of 10 a second
            count.addAndGet(100);
            load.pass(10);
        }
        // 600 a minute, of which 1 - 1/e has come to the average of one minute
        assertThat(figures()).containsEntry("load/bytes/sent/1min", "379.27");
        assertThat(Double.parseDouble(figures().get("load/bytes/sent/15min"))).isBetween(38.0, 39.0);
        for (int i = 0; i < 12; i++) {
            load.pass(10);
        }
        assertThat(Double.parseDouble(figures().get("load/bytes/sent/1min"))).isBetween(51.0, 52.0);
    }

    @Test
    void theLengthOfAnIntervalDoesNotMatter() {
        count.set(600);
        load.pass(60);
        assertThat(figures()).containsEntry("load/bytes/sent/1min", "379.27");
    }
}
