package org.ternmq.broker.config;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One block of a PEM file.
 *
 * @param label the word behind BEGIN
 * @param header lines before the Base64, of old formats of encrypted keys
 * @param content what the Base64 stands for
 */
record Pem(String label, String header, byte[] content) {
    private static final Pattern BLOCK = Pattern.compile(
            "-----BEGIN ([A-Z0-9 ]+)-----\\s+((?:[A-Za-z0-9-]+:[^\\r\\n]*\\s+)*)([A-Za-z0-9+/=\\s]+)-----END \\1-----");

    /**
     * The blocks of a file, in their order; what is between them is skipped.
     *
     * @throws IllegalArgumentException if one is no Base64
     */
    static List<Pem> blocks(byte[] file) {
        List<Pem> blocks = new ArrayList<>();
        Matcher m = BLOCK.matcher(new String(file, StandardCharsets.ISO_8859_1));
        while (m.find()) {
            blocks.add(new Pem(m.group(1), m.group(2), Base64.getMimeDecoder().decode(m.group(3))));
        }
        return blocks;
    }
}
