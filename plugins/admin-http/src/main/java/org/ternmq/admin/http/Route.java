package org.ternmq.admin.http;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Something that can be asked for.
 *
 * @param method of HTTP
 * @param path with <code>{name}</code> for a part that is a parameter
 * @param role who may
 * @param parameters that the query may have
 * @param action does it
 */
record Route(String method, String path, Role role, Set<String> parameters, Action action) {
    /** Answers a request. */
    interface Action {
        void run(Exchange exchange) throws Exception;
    }

    /** The parameters in a path, as it was sent; empty if it is another one. */
    Optional<Map<String, String>> match(String sent) throws ApiException {
        List<String> expected = List.of(path.split("/", -1));
        List<String> found = List.of(sent.split("/", -1));
        if (expected.size() != found.size()) {
            return Optional.empty();
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        for (int i = 0; i < expected.size(); i++) {
            String part = expected.get(i);
            if (part.startsWith("{")) {
                parameters.put(part.substring(1, part.length() - 1), Exchange.decode(found.get(i), false));
            } else if (!part.equals(found.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(parameters);
    }
}
