package org.ternmq.broker;

import org.ternmq.broker.cli.TernmqCommand;

/** Where the process begins. */
public final class Main {
    private Main() {}

    /** Runs a command and ends the process with its status. */
    public static void main(String[] args) {
        int status = TernmqCommand.run(args);
        // The threads of a broker that stopped are daemons or ended; this also ends what a plugin may have left behind.
        System.exit(status);
    }
}
