package org.ternmq.system.crash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import net.bytebuddy.asm.Advice;

/**
 * A place in the broker's code where it can be made to end.
 *
 * @param name what has happened then and what has not, as the decision record names it
 * @param type the class
 * @param method its method
 * @param enter whether it ends when the method is entered; else when it is left
 */
public record CrashPoint(String name, String type, String method, boolean enter) {
    /** The flag of the Java virtual machine that has it end there at the n-th time. */
    public String flag(Path agent, int times) {
        return "-javaagent:" + agent + "=" + type + "#" + method + "@" + (enter ? "enter" : "exit") + ":" + times;
    }

    /** Writes the agent's jar and returns its path. Its trigger is seen by all class loaders, those of plugins as well. */
    public static Path agent(Path folder) throws IOException {
        Path trigger = folder.resolve("crash-trigger.jar");
        write(trigger, new Manifest(), CrashTrigger.class);
        Path byteBuddy = Path.of(
                Advice.class.getProtectionDomain().getCodeSource().getLocation().getPath());
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.putValue("Premain-Class", CrashAgent.class.getName());
        attributes.putValue("Boot-Class-Path", trigger.getFileName().toString());
        attributes.putValue("Class-Path", byteBuddy.toUri().toString());
        Path agent = folder.resolve("crash-agent.jar");
        write(agent, manifest, CrashAgent.class, CrashAgent.OnEnter.class, CrashAgent.OnExit.class);
        return agent;
    }

    private static void write(Path jar, Manifest manifest, Class<?>... types) throws IOException {
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            for (Class<?> type : types) {
                String entry = type.getName().replace('.', '/') + ".class";
                out.putNextEntry(new JarEntry(entry));
                try (var in = CrashPoint.class.getClassLoader().getResourceAsStream(entry)) {
                    if (in == null) {
                        throw new IOException("no class file of " + type);
                    }
                    in.transferTo(out);
                }
            }
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
