package org.ternmq.admin.http;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a token is good for; each may also do what those before it may. */
enum Role {
    /** To look. */
    VIEWER,
    /** To act on clients and messages. */
    OPERATOR,
    /** To act on the broker. */
    ADMIN;

    boolean may(Role needed) {
        return compareTo(needed) >= 0;
    }

    static Optional<Role> parse(String word) {
        return Stream.of(values()).filter(role -> role.toString().equals(word)).findFirst();
    }

    /** As it is written. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
