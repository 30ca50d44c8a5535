package org.ternmq.acl.file;

import java.util.List;

/**
 * Rules that a client gets together: those of a role, say. What is the same for every client is indexed once, here. Immutable.
 */
final class RuleSet {
    private final RuleIndex fixed;
    private final List<Rule> templates;

    RuleSet(List<Rule> rules) {
        fixed = new RuleIndex(rules.stream()
                .filter(rule -> rule.topic().isFixed())
                .map(rule -> new RuleIndex.Entry(rule, rule.topic().toString()))
                .toList());
        templates = rules.stream().filter(rule -> !rule.topic().isFixed()).toList();
    }

    /** The rules without anything to put in. */
    RuleIndex fixed() {
        return fixed;
    }

    /** The rules with something to put in for each client. */
    List<Rule> templates() {
        return templates;
    }
}
