package org.ternmq.bridge.http;

import java.time.Duration;
import java.util.Optional;

/** What became of a request. */
sealed interface Answer {
    /** In words for the operator. */
    String words();

    /** Status 200 to 299: the service has the messages. */
    record Taken(int status) implements Answer {
        @Override
        public String words() {
            return "answers " + status;
        }
    }

    /** Another status, with the beginning of the body and the pause that the service asks for. */
    record Refused(int status, String body, Optional<Duration> retryAfter) implements Answer {
        @Override
        public String words() {
            return "answers " + status + (body.isEmpty() ? "" : ": " + body);
        }
    }

    /** No answer, or not all of one: nobody knows whether the service has the messages. */
    record None(String why) implements Answer {
        @Override
        public String words() {
            return why;
        }
    }
}
