package org.ternmq.auth.ldap;

/** What stands in a template for something that is known only when a client comes. */
enum Placeholder {
    /** The user name of the CONNECT. */
    USERNAME("{username}"),
    /** The DN of the user's entry. */
    DN("{dn}");

    private final String text;

    Placeholder(String text) {
        this.text = text;
    }

    boolean isIn(String template) {
        return template.contains(text);
    }

    /** How a template has it. */
    @Override
    public String toString() {
        return text;
    }
}
