package org.ternmq.spi.control;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What a copy of the store has come to.
 *
 * @param folder the folder that was asked for
 * @param millis how long it took
 * @param problem why there is no copy, in words; empty if there is one
 */
public record BackupView(Path folder, long millis, Optional<String> problem) {}
