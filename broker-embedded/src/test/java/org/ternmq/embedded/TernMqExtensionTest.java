package org.ternmq.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One broker for a class, one for each test, and what both hand to tests. */
final class TernMqExtensionTest {
    @Nested
    @ExtendWith(TernMqExtension.class)
    final class OneForAll {
        private static final List<EmbeddedBroker> SEEN = new ArrayList<>();

        @RepeatedTest(2)
        void handsOutTheBroker(EmbeddedBroker broker, @TernMqExtension.Host String host, @TernMqExtension.Port int port)
                throws Exception {
            assertThat(host).isEqualTo("127.0.0.1");
            assertThat(port).isEqualTo(broker.port());
            new Client(port, "c").close();
            SEEN.add(broker);
        }

        @Nested
        final class Within {
            @Test
            void isTheSame(EmbeddedBroker broker) {
                SEEN.add(broker);
                assertThat(broker.isRunning()).isTrue();
            }
        }

        @AfterAll
        static void wasOne() {
            assertThat(SEEN).hasSize(3).allMatch(broker -> broker == SEEN.get(0));
            assertThat(SEEN.get(0).isRunning()).as("ends after the class").isTrue();
        }
    }

    @Nested
    final class OneEach {
        private static final List<EmbeddedBroker> SEEN = new ArrayList<>();

        @RegisterExtension
        final TernMqExtension ternmq = TernMqExtension.of(EmbeddedBroker.builder()
                .plugin(new Door())
                .yaml("authentication: {use: [{type: door, code: \"1234\"}]}"));

        @RepeatedTest(2)
        void isANewOne(EmbeddedBroker broker) throws Exception {
            assertThat(SEEN).noneMatch(EmbeddedBroker::isRunning).doesNotContain(broker);
            SEEN.add(broker);
            new Client(broker.port(), "ada", "1234").close();
        }
    }
}
