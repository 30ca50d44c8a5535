package org.ternmq.broker.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How a message is printed: the sequences of mosquitto_sub's {@code -F}. {@code %t} topic, {@code %p} payload, {@code %x}, {@code %X}
 * payload in hexadecimal, {@code %l} its length, {@code %q} QoS, {@code %r} retained, {@code %C}, {@code %D}, {@code %E},
 * {@code %F}, {@code %P}, {@code %R} properties of 5.0, {@code %I} date and time, {@code %U} seconds since 1970, {@code %j},
 * {@code %J} JSON with the payload as text or as JSON; {@code %%}, {@code \n}, {@code \t}, {@code \r}, {@code \0}, {@code \\}.
 */
final class MessageFormat {
    private static final JsonFactory JSON = new JsonFactory();
    private static final DateTimeFormatter ISO = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssZ", Locale.ROOT);

    private final String format;

    /** @throws IllegalArgumentException if it has a sequence that is not known */
    MessageFormat(String format) {
        this.format = format;
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c == '%' || c == '\\') {
                i++;
                String known = c == '%' ? "%tpxXlqrCDEFPRIUjJ" : "ntr0e\\";
                if (i == format.length() || known.indexOf(format.charAt(i)) < 0) {
                    throw new IllegalArgumentException("-F: " + c + (i < format.length() ? format.charAt(i) : "")
                            + " is unknown; there are " + c + known);
                }
            }
        }
    }

    byte[] format(Mqtt5Publish message, Instant now) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c == '%') {
                i++;
                out.writeBytes(field(format.charAt(i), message, now));
            } else if (c == '\\') {
                i++;
                out.write(
                        switch (format.charAt(i)) {
                            case 'n' -> '\n';
                            case 't' -> '\t';
                            case 'r' -> '\r';
                            case '0' -> 0;
                            case 'e' -> 27;
                            default -> '\\';
                        });
            } else {
                int end = i + 1;
                while (end < format.length() && "%\\".indexOf(format.charAt(end)) < 0) {
                    end++;
                }
                out.writeBytes(utf8(format.substring(i, end)));
                i = end - 1;
            }
        }
        return out.toByteArray();
    }

    private static byte[] field(char name, Mqtt5Publish message, Instant now) {
        byte[] payload = message.getPayloadAsBytes();
        return switch (name) {
            case 't' -> utf8(message.getTopic().toString());
            case 'p' -> payload;
            case 'x' -> utf8(HexFormat.of().formatHex(payload));
            case 'X' -> utf8(HexFormat.of().withUpperCase().formatHex(payload));
            case 'l' -> utf8(Integer.toString(payload.length));
            case 'q' -> utf8(Integer.toString(message.getQos().getCode()));
            case 'r' -> utf8(message.isRetain() ? "1" : "0");
            case 'C' -> utf8(message.getContentType().map(Object::toString).orElse(""));
            case 'D' -> message.getCorrelationData().map(MessageFormat::bytes).orElse(new byte[0]);
            case 'E' ->
                utf8(
                        message.getMessageExpiryInterval().isPresent()
                                ? Long.toString(
                                        message.getMessageExpiryInterval().getAsLong())
                                : "");
            case 'F' ->
                utf8(message.getPayloadFormatIndicator()
                        .map(i -> Integer.toString(i.getCode()))
                        .orElse(""));
            case 'P' ->
                utf8(message.getUserProperties().asList().stream()
                        .map(p -> p.getName() + ":" + p.getValue())
                        .collect(Collectors.joining(" ")));
            case 'R' -> utf8(message.getResponseTopic().map(Object::toString).orElse(""));
            case 'I' -> utf8(ISO.format(now.atZone(ZoneId.systemDefault())));
            case 'U' -> utf8(String.format(Locale.ROOT, "%d.%09d", now.getEpochSecond(), now.getNano()));
            case 'j' -> json(message, now, false);
            case 'J' -> json(message, now, true);
            default -> utf8("%");
        };
    }

    private static byte[] json(Mqtt5Publish message, Instant now, boolean payloadIsJson) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("tst", ISO.format(now.atZone(ZoneId.systemDefault())));
            json.writeStringField("topic", message.getTopic().toString());
            json.writeNumberField("qos", message.getQos().getCode());
            json.writeNumberField("retain", message.isRetain() ? 1 : 0);
            byte[] payload = message.getPayloadAsBytes();
            json.writeNumberField("payloadlen", payload.length);
            json.writeFieldName("payload");
            if (payloadIsJson && isJson(payload)) {
                json.writeRawValue(new String(payload, StandardCharsets.UTF_8));
            } else {
                json.writeString(new String(payload, StandardCharsets.UTF_8));
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static boolean isJson(byte[] payload) {
        try (JsonParser parser = JSON.createParser(payload)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
