package org.ternmq.spi.control;

import java.util.List;
import java.util.Optional;

/**
 * A part of a long list.
 *
 * @param items the entries, fewer than asked for if a filter left many out, even none
 * @param next what to ask for to get the rest; empty at the end
 * @param <T> the entries
 */
public record Page<T>(List<T> items, Optional<String> next) {
    /**
     * Copies the list.
     *
     * @param items the entries, fewer than asked for if a filter left many out, even none
     * @param next what to ask for to get the rest
     */
    public Page {
        items = List.copyOf(items);
    }
}
