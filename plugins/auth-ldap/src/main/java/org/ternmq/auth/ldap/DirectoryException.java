package org.ternmq.auth.ldap;

/** The directory could not say who a client is. Its message is all there is to it: there is no stack, as the fault is elsewhere. */
final class DirectoryException extends Exception {
    private static final long serialVersionUID = 1L;

    DirectoryException(String message) {
        super(message, null, false, false);
    }
}
