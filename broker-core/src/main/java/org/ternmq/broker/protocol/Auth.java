package org.ternmq.broker.protocol;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * AUTH.
 *
 * @param method the Authentication Method
 * @param data the Authentication Data, null if there is none
 */
public record Auth(ReasonCode reasonCode, String method, byte @Nullable [] data) implements Packet {
    @Override
    public boolean equals(Object o) {
        return o instanceof Auth a
                && reasonCode == a.reasonCode
                && method.equals(a.method)
                && Arrays.equals(data, a.data);
    }

    @Override
    public int hashCode() {
        return method.hashCode();
    }

    /** Without the data, which may be secret. */
    @Override
    public String toString() {
        return "Auth[" + reasonCode + ", " + method + "]";
    }
}
