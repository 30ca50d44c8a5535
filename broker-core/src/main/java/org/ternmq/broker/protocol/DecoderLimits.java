package org.ternmq.broker.protocol;

/**
 * What a decoder accepts at most.
 *
 * @param maximumPacketSize bytes of a packet, its fixed header included; more is refused with 0x95
 * @param maximumFirstPacketSize the same until {@link MqttDecoder#accepted}, while nobody knows who it is
 * @param maximumUserProperties User Properties in one set; more is refused with 0x97, since the client did nothing that the
 *     protocol forbids
 */
public record DecoderLimits(int maximumPacketSize, int maximumFirstPacketSize, int maximumUserProperties) {
    /** 1 MiB, 256 KiB before the connection is accepted, 1000 User Properties. */
    public static final DecoderLimits DEFAULT = new DecoderLimits(1 << 20, 1 << 18, 1000);

    /** The smaller limit for the first packet is never above the other. */
    public DecoderLimits {
        if (maximumPacketSize < 1 || maximumFirstPacketSize < 1 || maximumUserProperties < 0) {
            throw new IllegalArgumentException(
                    maximumPacketSize + ", " + maximumFirstPacketSize + ", " + maximumUserProperties);
        }
        maximumFirstPacketSize = Math.min(maximumFirstPacketSize, maximumPacketSize);
    }
}
