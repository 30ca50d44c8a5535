package org.ternmq.auth.scram;

/** A client's message is not what RFC 5802 asks for; the detail is for the log. Without stack trace. */
final class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;
    private final String detail;

    MalformedException(String detail) {
        super(detail, null, false, false);
        this.detail = detail;
    }

    String detail() {
        return detail;
    }
}
