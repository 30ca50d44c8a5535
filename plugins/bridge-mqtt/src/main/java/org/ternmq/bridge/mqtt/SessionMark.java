package org.ternmq.bridge.mqtt;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers with which broker there is a session, and its subscriptions, so that after a restart the packet identifiers of
 * that session are known for what they are. Owner: the bridge's loop.
 */
final class SessionMark {
    private static final Logger LOG = LoggerFactory.getLogger(SessionMark.class);

    private final Path file;

    SessionMark(Path folder) {
        this.file = folder.resolve("remote-session");
    }

    /** Whether the session is the one with this broker, under this client identifier. */
    boolean isOf(String session) {
        List<String> lines = lines();
        return !lines.isEmpty() && lines.get(0).equals(session);
    }

    /** The filters of the session's subscriptions, as far as it is the one with this broker. */
    List<String> filters(String session) {
        List<String> lines = lines();
        return lines.isEmpty() || !lines.get(0).equals(session) ? List.of() : lines.subList(1, lines.size());
    }

    private List<String> lines() {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            LOG.warn("Cannot read {}, so that QoS 2 messages under way may come twice: {}", file, e.toString());
            return List.of();
        }
    }

    /** There is a session now. */
    void set(String session, List<String> filters) {
        List<String> lines = new ArrayList<>();
        lines.add(session);
        lines.addAll(filters);
        try {
            Path fresh = file.resolveSibling(file.getFileName() + ".new");
            Files.write(fresh, lines);
            Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.warn("Cannot write {}, so that QoS 2 messages under way may come twice: {}", file, e.toString());
        }
    }

    /** There is no session that is known. */
    void clear() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("Cannot delete {}: {}", file, e.toString());
        }
    }
}
