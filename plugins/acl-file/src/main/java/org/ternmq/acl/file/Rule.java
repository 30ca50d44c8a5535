package org.ternmq.acl.file;

/**
 * One rule of a file for one topic filter. Immutable.
 *
 * @param order of several rules that fit, the one with the lowest decides
 * @param allow whether it allows; else it denies
 * @param requests the bits of the requests it speaks of, see {@link Action#bit}
 * @param topic the topic filter, maybe with something to put in for each client
 * @param words where it is written and what it says, for people
 */
record Rule(int order, boolean allow, int requests, Template topic, String words) {
    boolean speaksOf(int request) {
        return (requests & request) != 0;
    }

    @Override
    public String toString() {
        return words;
    }
}
