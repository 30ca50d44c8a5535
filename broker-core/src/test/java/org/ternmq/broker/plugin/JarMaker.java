package org.ternmq.broker.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** Compiles sources and packs them as a plugin, well or badly made: as a jar, a folder or a zip. */
public final class JarMaker {
    private static final Pattern PACKAGE = Pattern.compile("package ([a-z.]+);");
    private static final Pattern NAME = Pattern.compile("(?:class|record|interface) (\\w+)");

    private final Map<String, String> attributes = new LinkedHashMap<>();
    private final List<String> sources = new ArrayList<>();
    private final List<String> extensions = new ArrayList<>();
    private final Map<String, byte[]> entries = new LinkedHashMap<>();
    private final List<Path> libraries = new ArrayList<>();
    private boolean index = true;

    /** A jar that would be accepted. */
    public static JarMaker plugin(String id) {
        return new JarMaker()
                .attribute("Plugin-Id", id)
                .attribute("Plugin-Version", "1.2.3")
                .attribute("Plugin-Requires", ">=1.0.0 & <2.0.0");
    }

    /** Sets a line of the manifest. */
    public JarMaker attribute(String name, String value) {
        attributes.put(name, value);
        return this;
    }

    /** Leaves a line of the manifest out. */
    public JarMaker without(String attribute) {
        attributes.remove(attribute);
        return this;
    }

    /** Leaves extensions.idx out. */
    public JarMaker withoutIndex() {
        index = false;
        return this;
    }

    /** A class named in the index. */
    public JarMaker extension(String source) {
        Matcher packageName = PACKAGE.matcher(source);
        Matcher name = NAME.matcher(source);
        assertThat(packageName.find() && name.find()).isTrue();
        return indexed(packageName.group(1) + "." + name.group(1)).source(source);
    }

    /** A name in the index. */
    public JarMaker indexed(String className) {
        extensions.add(className);
        return this;
    }

    /** A class that is not in the index. */
    public JarMaker source(String source) {
        sources.add(source);
        return this;
    }

    /** A file, also in place of a class. */
    public JarMaker entry(String name, byte[] content) {
        entries.put(name, content);
        return this;
    }

    /** An authorizer factory of a type, in a class of that name. */
    public static String authorizer(String className, String type) {
        return """
                package x;
                import org.ternmq.spi.*;
                public class %s implements AuthorizerFactory {
                    public String type() { return "%s"; }
                    public Authorizer create(PluginContext c, RulesChanged r) { throw new UnsupportedOperationException(); }
                }
                """.formatted(className, type);
    }

    /** A jar that is compiled against, and packed into lib/ of a folder or zip. */
    public JarMaker library(Path jar) {
        libraries.add(jar);
        return this;
    }

    /** Writes a jar. */
    public Path write(Path jar) throws IOException {
        return pack(jar, files());
    }

    /** Writes a jar and its libraries as a zip, below a folder of that name inside it if it is not empty. */
    public Path writeZip(Path zip, String inside) throws IOException {
        Map<String, byte[]> all = new LinkedHashMap<>();
        Path jar = Files.createTempFile(zip.toAbsolutePath().getParent(), ".plugin", "");
        all.put(inside + "plugin.jar", Files.readAllBytes(write(jar)));
        for (Path library : libraries) {
            all.put(inside + "lib/" + library.getFileName(), Files.readAllBytes(library));
        }
        Files.delete(jar);
        return pack(zip, all);
    }

    /** Writes a folder with a jar and its libraries. */
    public Path writeFolder(Path folder) throws IOException {
        Files.createDirectories(folder.resolve("lib"));
        write(folder.resolve("plugin.jar"));
        return withLibraries(folder);
    }

    /** Writes the classes into a folder as they are. */
    public Path writeClasses(Path folder) throws IOException {
        for (Map.Entry<String, byte[]> file : files().entrySet()) {
            Path to = folder.resolve(file.getKey());
            Files.createDirectories(to.getParent());
            Files.write(to, file.getValue());
        }
        return folder;
    }

    private Path withLibraries(Path folder) throws IOException {
        for (Path library : libraries) {
            Files.copy(library, folder.resolve("lib").resolve(library.getFileName()));
        }
        return folder;
    }

    /** Packs files as they are. */
    public static Path pack(Path zip, Map<String, byte[]> files) throws IOException {
        try (OutputStream file = Files.newOutputStream(zip);
                JarOutputStream out = new JarOutputStream(file)) {
            for (Map.Entry<String, byte[]> entry : files.entrySet()) {
                put(out, entry.getKey(), entry.getValue());
            }
        }
        return zip;
    }

    private Map<String, byte[]> files() throws IOException {
        Path work = Files.createTempDirectory("classes");
        compile(work);
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.forEach((name, value) -> manifest.getMainAttributes().putValue(name, value));
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        manifest.write(text);
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("META-INF/MANIFEST.MF", text.toByteArray());
        if (index) {
            files.put(
                    "META-INF/extensions.idx",
                    ("# Generated by PF4J\n" + String.join("\n", extensions) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        try (Stream<Path> classes = Files.walk(work)) {
            for (Path c : classes.filter(p -> p.toString().endsWith(".class")).toList()) {
                files.put(work.relativize(c).toString().replace('\\', '/'), Files.readAllBytes(c));
            }
        }
        files.putAll(entries);
        try (Stream<Path> all = Files.walk(work)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
        return files;
    }

    private void compile(Path work) throws IOException {
        if (sources.isEmpty()) {
            return;
        }
        List<String> arguments = new ArrayList<>(List.of("-proc:none", "-d", work.toString(), "-cp", classPath()));
        for (String source : sources) {
            Matcher packageName = PACKAGE.matcher(source);
            Matcher name = NAME.matcher(source);
            assertThat(packageName.find() && name.find()).isTrue();
            Path file = Files.createDirectories(work.resolve("src/" + packageName.group(1)))
                    .resolve(name.group(1) + ".java");
            Files.writeString(file, source);
            arguments.add(file.toString());
        }
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new)))
                .isZero();
    }

    private String classPath() {
        List<String> all = new ArrayList<>();
        libraries.forEach(library -> all.add(library.toString()));
        all.add(System.getProperty("java.class.path"));
        return String.join(File.pathSeparator, all);
    }

    private static void put(JarOutputStream out, String name, byte[] content) throws IOException {
        out.putNextEntry(new JarEntry(name));
        out.write(content);
        out.closeEntry();
    }
}
