package org.ternmq.admin.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.ternmq.spi.control.TraceLine;
import org.ternmq.spi.control.TraceStream;

/** A trace as lines of JSON, with an empty one each second in which there is nothing to say. Used by one thread. */
final class TraceLines implements Exchange.Lines {
    private static final Duration SILENCE = Duration.ofSeconds(1);
    private static final byte[] NOTHING = {'\n'};

    private final TraceStream trace;
    private final long end;
    private long lost;

    TraceLines(TraceStream trace, Duration length) {
        this.trace = trace;
        this.end = System.nanoTime() + length.toNanos();
    }

    @Override
    public Optional<byte[]> next() throws InterruptedException, JsonProcessingException {
        long left = end - System.nanoTime();
        if (left <= 0) {
            return Optional.empty();
        }
        long now = trace.lost();
        if (now > lost) {
            byte[] told = line(Map.of("event", "lost", "lines", now - lost));
            lost = now;
            return Optional.of(told);
        }
        Optional<TraceLine> next = trace.next(Duration.ofNanos(Math.min(left, SILENCE.toNanos())));
        return Optional.of(next.isEmpty() ? NOTHING : line(fields(next.get())));
    }

    private static Map<String, Object> fields(TraceLine line) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("at", line.at());
        fields.put("clientId", line.clientId());
        fields.put("event", line.event());
        fields.putAll(line.details());
        return fields;
    }

    private static byte[] line(Map<String, Object> fields) throws JsonProcessingException {
        return (Json.MAPPER.writeValueAsString(fields) + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
