package org.ternmq.spi.control;

/**
 * Which part of a long list.
 *
 * @param after the {@link Page#next} of the page before; empty for the first page
 * @param limit entries at most, 1 to {@value #MOST}
 */
public record PageRequest(String after, int limit) {
    /** The most entries that a page can have. */
    public static final int MOST = 1000;

    /**
     * Checks the limit.
     *
     * @param after the {@link Page#next} of the page before
     * @param limit entries at most, 1 to {@value #MOST}
     * @throws IllegalArgumentException if it is out of bounds
     */
    public PageRequest {
        if (limit < 1 || limit > MOST) {
            throw new IllegalArgumentException("limit must be 1 to " + MOST);
        }
    }
}
