package org.ternmq.audit.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import org.ternmq.spi.Bridge;
import org.ternmq.spi.BrokerEvent;
import org.ternmq.spi.ClientInfo;

/** Events as lines of JSON. Safe for use by several threads. */
final class AuditRecords {
    /** Longer texts are cut; none that a person has chosen is. */
    static final int LONGEST_TEXT = 1024;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final int LAST_ASCII = 0x7E;

    private final JsonFactory json;

    AuditRecords(boolean ascii) {
        JsonFactoryBuilder builder = new JsonFactoryBuilder().characterEscapes(new SafeEscapes());
        json = (ascii ? builder.highestNonEscapedChar(LAST_ASCII) : builder).build();
    }

    /** The line for an event, with its line feed; empty for a kind that is not known. */
    Optional<byte[]> line(BrokerEvent event) {
        if (event instanceof BrokerEvent.ClientConnected e) {
            return Optional.of(line("connected", e.at(), line -> {
                line.client(e.client());
                line.text("protocol", protocol(e.client().protocolVersion()));
                line.text("session", e.sessionPresent() ? "resumed" : "new");
                line.code(0);
            }));
        } else if (event instanceof BrokerEvent.ClientDisconnected e) {
            return Optional.of(line("disconnected", e.at(), line -> {
                line.client(e.client());
                line.code(e.reasonCode());
                line.text("detail", e.detail());
            }));
        } else if (event instanceof BrokerEvent.ClientRefused e) {
            return Optional.of(line("refused", e.at(), line -> {
                line.text("clientId", e.clientId());
                line.text("username", e.username());
                line.from(e.remoteAddress(), e.listener());
                line.code(e.reasonCode());
                line.text("detail", e.detail());
            }));
        } else if (event instanceof BrokerEvent.AccessDenied e) {
            return Optional.of(line("denied", e.at(), line -> {
                line.text("clientId", e.clientId());
                line.text("action", e.action());
                line.text(e.action().equals("subscribe") ? "filter" : "topic", e.topic());
            }));
        } else if (event instanceof BrokerEvent.Subscribed e) {
            return Optional.of(line("subscribed", e.at(), line -> {
                line.text("clientId", e.clientId());
                line.text("filter", e.filter());
                line.number("qos", e.granted().value());
            }));
        } else if (event instanceof BrokerEvent.Unsubscribed e) {
            return Optional.of(line("unsubscribed", e.at(), line -> {
                line.text("clientId", e.clientId());
                line.text("filter", e.filter());
            }));
        } else if (event instanceof BrokerEvent.SessionEnded e) {
            return Optional.of(line("session-ended", e.at(), line -> line.text("clientId", e.clientId())));
        } else if (event instanceof BrokerEvent.BridgeStateChanged e) {
            return Optional.of(line("bridge", e.at(), line -> {
                line.text("bridge", e.bridge());
                line.text("state", e.state() == Bridge.State.CONNECTED ? "connected" : "disconnected");
                line.text("detail", e.detail());
            }));
        } else if (event instanceof BrokerEvent.AdminAction e) {
            return Optional.of(line("admin", e.at(), line -> {
                line.text("principal", e.principal());
                line.text("role", e.role());
                line.text("address", e.remoteAddress().map(Line::address));
                line.text("action", e.action());
                line.text("target", e.target());
                line.text("outcome", e.outcome());
            }));
        } else if (event instanceof BrokerEvent.EventsLost e) {
            return Optional.of(lost(e.at(), e.count(), "came too fast"));
        }
        return Optional.empty();
    }

    /** The line that says how many others are missing. */
    byte[] lost(Instant at, long count, String why) {
        return line("lost", at, line -> {
            line.number("count", count);
            line.text("detail", why);
        });
    }

    /** Writes the fields of one kind of event. */
    private interface Fields {
        void write(Line line) throws IOException;
    }

    private byte[] line(String event, Instant at, Fields fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (JsonGenerator generator = json.createGenerator(bytes)) {
            Line line = new Line(generator);
            generator.writeStartObject();
            generator.writeStringField("time", TIME.format(at));
            generator.writeStringField("event", event);
            fields.write(line);
            line.end();
            generator.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("memory cannot fail", e);
        }
        bytes.write('\n');
        return bytes.toByteArray();
    }

    private static String protocol(int level) {
        return switch (level) {
            case 3 -> "3.1";
            case 4 -> "3.1.1";
            default -> "5.0";
        };
    }

    /** The fields that several kinds have. */
    private static final class Line {
        private final JsonGenerator json;
        private boolean cut;

        Line(JsonGenerator json) {
            this.json = json;
        }

        void client(ClientInfo client) throws IOException {
            text("clientId", client.clientId());
            text("username", client.username());
            from(client.remoteAddress(), client.listener());
        }

        void from(InetSocketAddress address, String listener) throws IOException {
            text("address", address(address));
            text("listener", listener);
        }

        static String address(InetSocketAddress address) {
            return address.getAddress() == null
                    ? address.getHostString()
                    : address.getAddress().getHostAddress() + ":" + address.getPort();
        }

        void code(int reasonCode) throws IOException {
            text("reasonCode", String.format(Locale.ROOT, "0x%02X", reasonCode & 0xFF));
        }

        void number(String field, long value) throws IOException {
            json.writeNumberField(field, value);
        }

        void text(String field, Optional<String> value) throws IOException {
            if (value.isPresent()) {
                text(field, value.get());
            }
        }

        void text(String field, String value) throws IOException {
            json.writeStringField(field, wellFormed(value));
        }

        void end() throws IOException {
            if (cut) {
                json.writeBooleanField("cut", true);
            }
        }

        /** Of a bearable length, and without halves of characters, which strict readers refuse. */
        private String wellFormed(String value) {
            if (value.length() > LONGEST_TEXT) {
                cut = true;
            }
            StringBuilder text = new StringBuilder(Math.min(value.length(), LONGEST_TEXT));
            for (int i = 0; i < value.length(); ) {
                int c = value.codePointAt(i);
                i += Character.charCount(c);
                if (i > LONGEST_TEXT) {
                    break;
                }
                boolean half = c <= 0xFFFF && Character.isSurrogate((char) c);
                text.appendCodePoint(half ? 0xFFFD : c);
            }
            return text.toString();
        }
    }
}
