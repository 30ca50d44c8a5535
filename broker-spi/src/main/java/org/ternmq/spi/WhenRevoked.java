package org.ternmq.spi;

import java.util.Set;

/** What becomes of clients whose user an authenticator knows no more: a value for the settings of a plugin. */
public enum WhenRevoked {
    /** They stay until they leave by themselves, and do not come in again. */
    KEEP,
    /** Their connections are closed; their sessions wait until they expire. */
    DISCONNECT,
    /** Their connections are closed and their sessions end. */
    END_SESSION;

    /**
     * Does it. Any thread; never blocks.
     *
     * @param context that of the authenticator
     * @param usernames whom it knows no more; may be empty
     */
    public void apply(PluginContext context, Set<String> usernames) {
        if (this != KEEP && !usernames.isEmpty()) {
            context.revoke(usernames, this == END_SESSION);
        }
    }
}
