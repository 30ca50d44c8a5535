package org.ternmq.admin.http;

/** A request that is answered with an error; its message is for who asked. */
final class ApiException extends Exception {
    private final int status;

    ApiException(int status, String detail) {
        super(detail, null, false, false);
        this.status = status;
    }

    static ApiException badRequest(String detail) {
        return new ApiException(400, detail);
    }

    static ApiException notFound(String detail) {
        return new ApiException(404, detail);
    }

    int status() {
        return status;
    }
}
