package org.ternmq.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.ternmq.conformance.Mqtt311;
import org.ternmq.spi.QoS;

/** Digest 1.7. */
final class Mqtt3CodesTest {
    @ParameterizedTest
    @CsvSource({
        "00, 0", "80, -1", "81, -1", "82, -1", "83, -1", "84, 1", "85, 2", "86, 4", "87, 5", "88, 3", "89, 3", "8A, 5",
        "8C, -1", "90, -1", "95, -1", "97, 3", "99, -1", "9A, -1", "9B, -1", "9C, 3", "9D, 3", "9F, 3"
    })
    void connAck(String code, int returnCode) {
        assertThat(Mqtt3Codes.connAck(ReasonCode.of(Integer.parseInt(code, 16))))
                .isEqualTo(returnCode);
    }

    @Test
    void connAckAndBack() {
        for (int returnCode = 0; returnCode <= 5; returnCode++) {
            assertThat(Mqtt3Codes.connAck(Mqtt3Codes.fromConnAck(returnCode))).isEqualTo(returnCode);
        }
        assertThatThrownBy(() -> Mqtt3Codes.fromConnAck(6)).isInstanceOf(DisconnectException.class);
    }

    @ParameterizedTest
    @EnumSource(QoS.class)
    @Mqtt311("3.9.3-2")
    void refusedFilter(QoS requested) {
        ReasonCode denied = ReasonCode.NOT_AUTHORIZED;
        assertThat(Mqtt3Codes.subAck(MqttVersion.V5_0, denied, requested)).isEqualTo(denied);
        assertThat(Mqtt3Codes.subAck(Mqtt3Codes.subAck(MqttVersion.V3_1_1, denied, requested)))
                .isEqualTo(0x80); // 3.1.1: MQTT-3.9.3-2
        assertThat(Mqtt3Codes.subAck(Mqtt3Codes.subAck(MqttVersion.V3_1, denied, requested)))
                .isEqualTo(requested.value());
        assertThat(Mqtt3Codes.granted(requested).value()).isEqualTo(requested.value());
    }
}
