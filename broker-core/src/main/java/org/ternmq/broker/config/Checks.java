package org.ternmq.broker.config;

import java.util.List;

/** What no key can see alone. */
record Checks(Problems problems) {
    void check(BrokerConfig config) {
        listeners(config);
        openDoor(config);
    }

    private void listeners(BrokerConfig config) {
        List<ListenerConfig> listeners = config.listeners();
        Place written = config.place().at("listeners");
        if (written.node() instanceof ConfigNode.Sequence s && s.items().isEmpty()) {
            problems.configuration(written, "there must be at least one listener");
        }
        for (int i = 0; i < listeners.size(); i++) {
            ListenerConfig listener = listeners.get(i);
            if (hasNoAddress(listener)) {
                problems.configuration(
                        listener.place().at("bind"), "'" + ((BindAddress) listener.bind()).host() + "' has no address");
            }
            transport(listener);
            for (ListenerConfig earlier : listeners.subList(0, i)) {
                if (listener.name().equals(earlier.name())) {
                    problems.configuration(
                            listener.place().at("name"),
                            "the name '" + listener.name() + "' is already that of "
                                    + earlier.place().path());
                }
                if (listener.bind().clashesWith(earlier.bind())) {
                    problems.configuration(
                            listener.place().at("bind"),
                            listener.bind() + " is already taken by "
                                    + earlier.place().path() + " (" + earlier.bind() + ")");
                }
            }
        }
    }

    private static boolean hasNoAddress(ListenerConfig listener) {
        return listener.bind() instanceof BindAddress address && address.resolve() == null;
    }

    private void transport(ListenerConfig listener) {
        for (String key : List.of("tls", "websocket", "proxy-protocol")) {
            Place at = listener.place().at(key);
            // Elsewhere a block without keys is as good as none; here that would open a port without TLS.
            if (listener.place().has(key) && at.node() instanceof ConfigNode.Empty) {
                problems.configuration(at, "has no keys: write them, or remove '" + key + "'");
            }
        }
        listener.tls().ifPresent(tls -> {
            try {
                TlsFiles.load(tls);
            } catch (TlsFiles.UnusableException e) {
                problems.configuration(tls.place().at(e.key()), e.problem());
            }
        });
    }

    /** Nobody is let in from elsewhere by forgetting something. */
    private void openDoor(BrokerConfig config) {
        AuthenticationConfig authentication = config.authentication();
        boolean decided = authentication.place().has("allow-anonymous");
        // A block that could not be bound is missing from use(); it is still somebody who was meant to check.
        boolean checked = authentication.place().at("use").node() instanceof ConfigNode.Sequence s
                && !s.items().isEmpty();
        if (decided || checked) {
            return;
        }
        for (ListenerConfig listener : config.listeners()) {
            boolean proven = listener.tls().map(TlsConfig::provesEveryUser).orElse(false);
            if (!proven && !hasNoAddress(listener) && listener.isReachableFromElsewhere()) {
                problems.configuration(
                        listener.place().at("bind"),
                        "other machines can reach " + listener.bind()
                                + (listener.bind().isLoopback() ? " through a proxy" : "")
                                + ", and nothing says who may come in: name an authenticator under authentication.use,"
                                + " or write 'authentication: {allow-anonymous: true}' to let everybody in");
            }
        }
    }
}
