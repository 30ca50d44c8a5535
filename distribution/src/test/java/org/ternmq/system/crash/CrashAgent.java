package org.ternmq.system.crash;

import static net.bytebuddy.matcher.ElementMatchers.named;

import java.lang.instrument.Instrumentation;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.dynamic.ClassFileLocator;

/**
 * A Java agent. Its argument is {@code class#method@enter:n} or {@code class#method@exit:n}: the process ends when this
 * method, of any number of parameters, is entered or left for the n-th time.
 */
public final class CrashAgent {
    private CrashAgent() {}

    /** Runs before the broker's {@code main}. */
    public static void premain(String argument, Instrumentation instrumentation) {
        String place = argument.substring(0, argument.indexOf('@'));
        boolean enter = argument.startsWith("enter", argument.indexOf('@') + 1);
        String type = place.substring(0, place.indexOf('#'));
        String method = place.substring(place.indexOf('#') + 1);
        CrashTrigger.arm(Integer.parseInt(argument.substring(argument.lastIndexOf(':') + 1)));
        new AgentBuilder.Default()
                // A plugin's class loader shows no class files but its own; what the broker shares with it is found
                // here.
                .with(AgentBuilder.LocationStrategy.ForClassLoader.STRONG.withFallbackTo(
                        ClassFileLocator.ForClassLoader.ofSystemLoader()))
                .with(AgentBuilder.Listener.StreamWriting.toSystemError().withErrorsOnly())
                .type(named(type))
                .transform((builder, description, loader, module, domain) -> builder.visit(
                        Advice.to(enter ? OnEnter.class : OnExit.class).on(named(method))))
                .installOn(instrumentation);
    }

    static final class OnEnter {
        private OnEnter() {}

        @Advice.OnMethodEnter
        static void enter() {
            CrashTrigger.reached();
        }
    }

    static final class OnExit {
        private OnExit() {}

        @Advice.OnMethodExit
        static void exit() {
            CrashTrigger.reached();
        }
    }
}
