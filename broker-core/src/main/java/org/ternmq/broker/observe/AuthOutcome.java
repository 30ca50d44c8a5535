package org.ternmq.broker.observe;

/** What became of a client that had to be judged. */
public enum AuthOutcome {
    /** It is who it says. */
    ACCEPTED,
    /** It is not, or nobody knows it. */
    DENIED,
    /** It could not be judged: a plugin failed, or too many were waiting. */
    FAILED
}
