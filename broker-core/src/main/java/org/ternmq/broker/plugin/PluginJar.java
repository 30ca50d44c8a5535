package org.ternmq.broker.plugin;

import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pf4j.DefaultVersionManager;
import org.ternmq.spi.PluginFactory;
import org.ternmq.spi.Spi;

/**
 * What a plugin says of itself, and what is wrong with it in words, found without running anything of it.
 *
 * @param id Plugin-Id, empty if it is missing
 * @param version Plugin-Version, empty if it is missing
 * @param requires Plugin-Requires, empty if it is missing
 * @param extensions the classes that META-INF/extensions.idx names
 * @param problems why it cannot be used
 */
record PluginJar(String id, String version, String requires, List<String> extensions, List<String> problems) {
    private static final String MANIFEST = "META-INF/MANIFEST.MF";
    private static final String INDEX = "META-INF/extensions.idx";
    private static final Pattern VERSIONED = Pattern.compile("META-INF/versions/(\\d+)/.*");
    private static final int MAGIC = 0xCAFEBABE;
    private static final int JAVA = Runtime.version().feature();

    /** Looks at manifest, index and names: quick, for every start. */
    static PluginJar read(PluginFiles files) {
        List<String> problems = new ArrayList<>();
        Attributes attributes = new Attributes();
        List<String> extensions = List.of();
        try (PluginRoot main = PluginRoot.open(files.main())) {
            if (main.has(MANIFEST)) {
                try (InputStream in = main.read(MANIFEST)) {
                    attributes = new Manifest(in).getMainAttributes();
                }
                manifest(attributes, problems);
            } else {
                problems.add("has no " + MANIFEST + ", so no Plugin-Id, Plugin-Version and Plugin-Requires");
            }
            extensions = extensions(main, problems);
            bundled(main, "", problems);
        } catch (IOException | SecurityException e) {
            problems.add(unreadable(files.main(), "", e));
        }
        for (Path library : files.libraries()) {
            String where = "lib/" + library.getFileName() + " ";
            try (PluginRoot opened = PluginRoot.open(library)) {
                bundled(opened, where, problems);
            } catch (IOException | SecurityException e) {
                problems.add(unreadable(library, where, e));
            }
        }
        return new PluginJar(
                text(attributes, "Plugin-Id"),
                text(attributes, "Plugin-Version"),
                text(attributes, "Plugin-Requires"),
                extensions,
                problems);
    }

    private static String unreadable(Path path, String where, Exception e) {
        return where
                + (Files.isReadable(path)
                        ? "is not a jar, or was cut off while it was copied: " + e.getMessage()
                        : "cannot be read: " + e.getMessage());
    }

    /** Looks at everything, and loads the extension classes in a loader like a plugin's. */
    static List<String> verify(PluginFiles files) {
        PluginJar read = read(files);
        List<String> problems = new ArrayList<>(read.problems());
        for (Path each : files.all()) {
            String where = each.equals(files.main()) ? "" : "lib/" + each.getFileName() + " ";
            try (PluginRoot root = PluginRoot.open(each)) {
                entries(root, where, problems);
            } catch (IOException | SecurityException e) {
                return problems; // read() has said it
            }
        }
        if (problems.isEmpty()) {
            try (URLClassLoader loader = new URLClassLoader(urls(files), PluginManager.sharedClasses())) {
                read.extensions().forEach(name -> problems.addAll(extensionProblems(name, loader)));
            } catch (IOException e) {
                problems.add("cannot be read: " + e.getMessage());
            }
        }
        return problems;
    }

    /** Whether nothing is wrong at first sight, and all extensions are of one kind. Loads their classes, but runs nothing. */
    static boolean offersOnly(PluginFiles files, PluginKind kind) {
        PluginJar read = read(files);
        if (!read.problems().isEmpty()) {
            return false;
        }
        try (URLClassLoader loader = new URLClassLoader(urls(files), PluginManager.sharedClasses())) {
            for (String name : read.extensions()) {
                if (!PluginKind.of(Class.forName(name, false, loader)).equals(List.of(kind))) {
                    return false;
                }
            }
            return true;
        } catch (IOException | ClassNotFoundException | LinkageError e) {
            return false; // it will be said where it is loaded
        }
    }

    private static URL[] urls(PluginFiles files) throws IOException {
        List<URL> urls = new ArrayList<>();
        for (Path each : files.all()) {
            urls.add(each.toUri().toURL());
        }
        return urls.toArray(URL[]::new);
    }

    private static String text(Attributes attributes, String name) {
        String value = attributes.getValue(name);
        return value == null ? "" : value.trim();
    }

    private static void manifest(Attributes attributes, List<String> problems) {
        for (String name : List.of("Plugin-Id", "Plugin-Version", "Plugin-Requires")) {
            if (text(attributes, name).isEmpty()) {
                problems.add("has no " + name + " in META-INF/MANIFEST.MF");
            }
        }
        String version = text(attributes, "Plugin-Version");
        if (!version.isEmpty() && !isVersion(version)) {
            problems.add("has the Plugin-Version '" + version + "', which is not a semantic version such as 1.2.0");
        }
        String requires = text(attributes, "Plugin-Requires");
        if (!requires.isEmpty()) {
            requires(requires, problems);
        }
        if (!text(attributes, "Plugin-Dependencies").isEmpty()) {
            problems.add("has Plugin-Dependencies, but a plugin must carry all it needs in its own jar");
        }
    }

    private static boolean isVersion(String version) {
        try {
            return new DefaultVersionManager().compareVersions(version, version) == 0;
        } catch (RuntimeException e) {
            return false;
        }
    }

    private static void requires(String range, List<String> problems) {
        // A bare version means this or newer, as PF4J reads it.
        String constraint = range.matches("\\d+\\.\\d+\\.\\d+") ? ">=" + range : range;
        try {
            if (!new DefaultVersionManager().checkVersionConstraint(Spi.VERSION, constraint)) {
                problems.add("needs SPI " + range + ", but this broker has SPI " + Spi.VERSION);
            }
        } catch (RuntimeException e) {
            problems.add("has the Plugin-Requires '" + range
                    + "', which is not a range of versions such as '>=1.0.0 & <2.0.0'");
        }
    }

    private static List<String> extensions(PluginRoot root, List<String> problems) throws IOException {
        if (!root.has(INDEX)) {
            problems.add("has no " + INDEX + ": PF4J's annotation processor writes it for classes annotated @Extension;"
                    + " see that the compiler runs it");
            return List.of();
        }
        List<String> names = new ArrayList<>();
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(root.read(INDEX), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                String name = line.replaceFirst("#.*", "").trim();
                if (!name.isEmpty() && !names.contains(name)) {
                    names.add(name);
                }
            }
        }
        if (names.isEmpty()) {
            problems.add("names no class in " + INDEX);
        }
        for (String name : names) {
            String entry = name.replace('.', '/') + ".class";
            if (!root.has(entry)) {
                problems.add("names " + name + " in " + INDEX + ", but has no such class");
                continue;
            }
            int java = javaOf(root, entry);
            if (java > JAVA) {
                problems.add("was compiled for Java " + java + " (" + name + "), but this is Java " + JAVA);
            }
        }
        return names;
    }

    /** Copies of what the broker gives to all plugins: they would not be used, and say that the build is not right. */
    private static void bundled(PluginRoot root, String where, List<String> problems) throws IOException {
        Map<String, String> bundled = new LinkedHashMap<>();
        for (String name : root.names()) {
            if (name.endsWith(".class") && SharedClasses.isShared(name.replace('/', '.'))) {
                String[] parts = name.split("/", -1);
                bundled.putIfAbsent(String.join(".", List.of(parts).subList(0, Math.min(3, parts.length - 1))), name);
            }
        }
        bundled.forEach((inside, example) -> problems.add(where + "contains " + inside + " (" + example
                + "), which the broker gives to plugins: take it with scope 'provided'"));
    }

    /** Reads every entry to its end, which finds damage, and looks at the versions of classes. */
    private static void entries(PluginRoot root, String where, List<String> problems) throws IOException {
        String newest = "";
        int newestJava = JAVA;
        for (String name : root.names()) {
            try {
                root.check(name);
                int java = isOurs(name) ? javaOf(root, name) : 0;
                if (java > newestJava) {
                    newest = name;
                    newestJava = java;
                }
            } catch (IOException | SecurityException e) {
                problems.add(where + "is damaged at " + name + ": " + e.getMessage());
            }
        }
        if (!newest.isEmpty() && problems.stream().noneMatch(p -> p.startsWith("was compiled for Java"))) {
            problems.add(where + "was compiled for Java " + newestJava + " (" + newest + "), but this is Java " + JAVA);
        }
    }

    /** Whether this Java would load it as a class. */
    private static boolean isOurs(String name) {
        if (!name.endsWith(".class") || name.endsWith("module-info.class")) {
            return false;
        }
        Matcher versioned = VERSIONED.matcher(name);
        return !versioned.matches() || Integer.parseInt(versioned.group(1)) <= JAVA;
    }

    private static int javaOf(PluginRoot root, String name) throws IOException {
        try (DataInputStream in = new DataInputStream(root.read(name))) {
            if (in.readInt() != MAGIC) {
                throw new IOException("not a class file");
            }
            in.readUnsignedShort(); // minor
            return in.readUnsignedShort() - 44;
        }
    }

    /** What is wrong with a class that should be a factory. Loads it, but runs nothing of it. */
    static List<String> extensionProblems(String name, ClassLoader loader) {
        List<String> problems = new ArrayList<>();
        try {
            Class<?> type = Class.forName(name, false, loader);
            if (!isPublic(type)) {
                problems.add(name + " is not public");
            }
            if (Modifier.isAbstract(type.getModifiers())) {
                problems.add(name + " is abstract");
            } else if (!hasConstructor(type)) {
                problems.add(name + " has no public constructor without arguments");
            }
            if (PluginKind.of(type).isEmpty()) {
                problems.add(
                        PluginFactory.class.isAssignableFrom(type)
                                ? name + " implements PluginFactory alone, not a factory of something"
                                : name + " implements no factory of org.ternmq.spi");
            }
        } catch (ClassNotFoundException e) {
            problems.add(name + " is named in " + INDEX + ", but is not in the jar");
        } catch (LinkageError e) {
            problems.add(name + " cannot be loaded: " + words(e));
        }
        return problems;
    }

    private static boolean isPublic(Class<?> type) {
        for (@Nullable Class<?> c = type; c != null; c = c.getEnclosingClass()) {
            if (!Modifier.isPublic(c.getModifiers())) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasConstructor(Class<?> type) {
        return Arrays.stream(type.getConstructors()).anyMatch(c -> c.getParameterCount() == 0);
    }

    /** What an error of a plugin means for somebody who cannot see its code. */
    static String words(Throwable e) {
        String message = String.valueOf(e.getMessage());
        if (e instanceof NoClassDefFoundError && e.getMessage() != null) {
            return "it needs the class " + message.replace('/', '.')
                    + ", which is neither in the plugin nor given to plugins by the broker";
        }
        if (e instanceof UnsupportedClassVersionError) {
            return message + "; this is Java " + JAVA;
        }
        return e.getMessage() == null ? e.getClass().getName() : e.getClass().getName() + ": " + message;
    }
}
