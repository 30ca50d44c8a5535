package org.ternmq.broker.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class WindowTest {
    @Test
    void countsArrivalsOfEveryCopy() {
        Window window = new Window(2, 3, false);
        assertThat(send(window)).isEqualTo(2);
        window.arrived(2);
        assertThat(window.open()).as("one copy of the first is missing").isFalse();
        window.arrived(1);
        assertThat(send(window)).isEqualTo(1);
        assertThat(window.idle()).isFalse();
        window.arrived(6);
        assertThat(window.idle()).isTrue();
    }

    @Test
    void acknowledgedMessagesWaitForBoth() {
        Window window = new Window(1, 1, true);
        send(window);
        window.arrived(1);
        assertThat(window.open()).isFalse();
        assertThat(window.idle()).isFalse();
        window.acked();
        assertThat(window.open()).isTrue();
        assertThat(window.idle()).isTrue();
        send(window);
        window.acked();
        assertThat(window.open()).isFalse();
    }

    @Test
    void withNobodyThereOnlyAcknowledgementsCount() {
        Window window = new Window(5, 0, true);
        assertThat(send(window)).isEqualTo(5);
        window.acked();
        assertThat(send(window)).isEqualTo(1);
    }

    @Test
    void obeysTheBrokersReceiveMaximum() { // MQTT-3.3.4-9
        Window window = new Window(100, 1, true);
        window.receiveMaximum(3);
        assertThat(send(window)).isEqualTo(3);
        window.arrived(3);
        assertThat(window.open()).isFalse();
    }

    @Test
    void aRefusedMessageDoesNotArrive() {
        Window window = new Window(1, 10, true);
        send(window);
        window.refused();
        assertThat(window.idle()).isTrue();
        assertThat(window.open()).isTrue();
    }

    @Test
    void givingUpFreesTheWindowAndLateAcknowledgementsDoNotWidenIt() {
        Window window = new Window(2, 1, true);
        send(window);
        window.giveUp();
        assertThat(window.idle()).isTrue();
        window.acked();
        assertThat(send(window)).isEqualTo(2);
    }

    private static int send(Window window) {
        int sent = 0;
        while (window.open()) {
            window.sent();
            sent++;
        }
        return sent;
    }
}
