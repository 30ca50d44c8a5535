package org.ternmq.broker.cli.migrate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.ternmq.broker.cli.migrate.YamlWriter.Word;

/** TLS of listeners and bridges. Certificates and keys stay where they are; those of a folder are put into one file. */
final class TlsBlocks {
    private static final List<String> SPEAKING =
            List.of("cafile", "capath", "certfile", "keyfile", "require_certificate");

    /** The block of a listener, if it speaks TLS, and whether certificates say who its clients are. */
    record Result(Optional<Map<String, Object>> block, boolean certified) {}

    private final InputFiles files;
    private final OutputFolder out;
    private int folders;

    TlsBlocks(InputFiles files, OutputFolder out) {
        this.files = files;
        this.out = out;
    }

    Result of(Section section) throws IOException {
        boolean required = section.flag("require_certificate", false, true);
        boolean cn = section.flag("use_identity_as_username", false, true);
        boolean subject = section.flag("use_subject_as_username", false, true);
        if (!section.has("certfile") || !section.has("keyfile")) {
            for (String key : SPEAKING) {
                boolean says = section.has(key) && (!key.equals("require_certificate") || required);
                if (says) {
                    section.last(key)
                            .ifPresent(line -> section.fault(
                                    line,
                                    "without both certfile and keyfile: Mosquitto opens the listener without TLS"));
                }
            }
            if (cn || subject) {
                section.last(cn ? "use_identity_as_username" : "use_subject_as_username")
                        .ifPresent(line -> section.fault(line, "needs TLS with certificates of clients"));
            }
            return new Result(Optional.empty(), false);
        }
        Map<String, Object> block = new LinkedHashMap<>();
        path(section, "certfile", "certificate").ifPresent(path -> block.put("certificate", path));
        path(section, "keyfile", "key").ifPresent(path -> block.put("key", path));
        if (section.text("tls_keyform").filter(form -> !form.equals("pem")).isPresent()) {
            section.last("tls_keyform").ifPresent(line -> section.fault(line, "other than pem has no equivalent"));
        }
        section.taken("tls_keyform", "tls.key");
        versions(section, block);
        boolean asks = required || cn || subject;
        clientCertificates(section, block, asks);
        if (cn || subject) {
            block.put("user-name", new Word(cn ? "cn" : "subject"));
        }
        section.taken("require_certificate", asks ? "tls.client-auth: required" : "tls.client-auth: none");
        section.taken("use_identity_as_username", cn ? "tls.user-name: cn" : "tls.user-name: none");
        section.taken(
                "use_subject_as_username",
                cn
                        ? "use_identity_as_username comes before it"
                        : subject ? "tls.user-name: subject" : "tls.user-name: none");
        return new Result(Optional.of(block), cn || subject);
    }

    private void clientCertificates(Section section, Map<String, Object> block, boolean asks) throws IOException {
        if (!asks) {
            for (String key : List.of("cafile", "capath", "crlfile")) {
                section.say(key, Outcome.NOT_NEEDED, "clients are not asked for certificates");
            }
            return;
        }
        block.put("client-auth", new Word("required"));
        Optional<String> ca = authorities(section, "cafile", "capath", "tls.client-ca");
        if (ca.isEmpty() && section.faults().isEmpty()) {
            section.last("require_certificate")
                    .or(() -> section.last("certfile"))
                    .ifPresent(
                            line -> section.fault(line, "needs a cafile or capath to know clients' certificates by"));
        }
        ca.ifPresent(file -> block.put("client-ca", file));
        path(section, "crlfile", "client-crl").ifPresent(path -> block.put("client-crl", path));
    }

    private void versions(Section section, Map<String, Object> block) {
        Optional<String> version = section.text("tls_version");
        if (version.isEmpty()) {
            return;
        }
        switch (version.get()) {
            case "tlsv1.3" -> {
                block.put("protocols", List.of(new Word("TLSv1.3")));
                section.taken("tls_version", "tls.protocols: [TLSv1.3]");
            }
            case "tlsv1.2" -> section.taken("tls_version", "tls.protocols, as it is by default: TLSv1.2 and TLSv1.3");
            default ->
                section.say(
                        "tls_version",
                        Outcome.REFUSED,
                        "TLS before 1.2 is not spoken: TLSv1.2 and TLSv1.3 are (tls.protocols)");
        }
    }

    Optional<String> path(Section section, String key, String to) {
        Optional<Path> path = section.text(key).map(files::resolve);
        Optional<Directive> line = section.last(key);
        if (path.isEmpty() || line.isEmpty()) {
            return Optional.empty();
        }
        String problem = InputFiles.problem(path.get());
        if (!problem.isEmpty()) {
            section.fault(line.get(), "cannot be used: " + problem);
        } else {
            section.taken(key, "tls." + to + "; the file stays where it is");
        }
        return Optional.of(path.get().toString());
    }

    /** The file with the certificates of those who are trusted, put together if they are in a folder. */
    Optional<String> authorities(Section section, String fileKey, String folderKey, String to) throws IOException {
        Optional<Path> file = section.text(fileKey).map(files::resolve);
        Optional<Path> folder = section.text(folderKey).map(files::resolve);
        if (file.isPresent()) {
            String problem = InputFiles.problem(file.get());
            if (!problem.isEmpty()) {
                section.last(fileKey).ifPresent(line -> section.fault(line, "cannot be used: " + problem));
                return Optional.empty();
            }
        }
        if (folder.isEmpty()) {
            section.taken(fileKey, to + "; the file stays where it is");
            return file.map(Path::toString);
        }
        StringBuilder all = new StringBuilder();
        if (file.isPresent()) {
            all.append(InputFiles.text(file.get())).append('\n');
        }
        try (Stream<Path> list = Files.list(folder.get())) {
            // The hashed names (1a2b3c4d.0) are links to files that are there under their own names too.
            for (Path each : list.filter(f -> f.toString().matches(".*\\.(pem|crt)"))
                    .sorted()
                    .toList()) {
                all.append(InputFiles.text(each)).append('\n');
            }
        } catch (IOException e) {
            section.last(folderKey).ifPresent(line -> section.fault(line, "cannot be used: " + e.getMessage()));
            return Optional.empty();
        }
        folders++;
        String name = "ca-" + folders + ".pem";
        out.write(name, all.toString());
        section.taken(fileKey, to + ": a copy in " + name);
        section.taken(folderKey, to + ": copies of its .pem and .crt files in " + name);
        if (!all.toString().contains("-----BEGIN CERTIFICATE-----")) {
            section.last(folderKey).ifPresent(line -> section.fault(line, "holds no certificate in PEM"));
        }
        return Optional.of(out.file(name).toAbsolutePath().toString());
    }
}
