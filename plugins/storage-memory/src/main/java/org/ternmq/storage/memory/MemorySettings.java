package org.ternmq.storage.memory;

/** The settings of {@code storage.type: memory}: none. How much it may hold is set by the broker's {@code limits}. */
record MemorySettings() {}
