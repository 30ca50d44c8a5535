package org.ternmq.auth.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.ternmq.spi.AuthResult;
import org.ternmq.spi.Credentials;

/** Questions and answers as they go over the wire. Safe for use by all threads. */
final class Json {
    private static final String SEPARATOR = "\n";

    private final JsonMapper mapper = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION) // "reject" and then "accept" is no answer
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** What the service is asked about a client. */
    byte[] question(Credentials credentials) throws JsonProcessingException {
        ObjectNode question = mapper.createObjectNode();
        question.put("clientId", credentials.clientId());
        question.put("username", credentials.username().orElse(null));
        question.putNull("password");
        credentials.password().ifPresent(password -> putPassword(question, password));
        question.put("address", address(credentials.remoteAddress()));
        question.put("listener", credentials.listener());
        question.put("protocolVersion", credentials.protocolVersion());
        return mapper.writeValueAsBytes(question);
    }

    private static void putPassword(ObjectNode question, ByteBuffer password) {
        try {
            question.put(
                    "password",
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(password.duplicate())
                            .toString());
        } catch (CharacterCodingException e) { // no text of JSON can hold it
            byte[] bytes = new byte[password.remaining()];
            password.duplicate().get(bytes);
            question.put("passwordBase64", Base64.getEncoder().encodeToString(bytes));
        }
    }

    private static String address(InetSocketAddress from) {
        InetAddress address = from.getAddress();
        return address == null ? from.getHostString() : address.getHostAddress();
    }

    /**
     * What the service said.
     *
     * @throws IOException if it is no answer; does not cite it
     */
    AuthResult answer(byte[] body) throws IOException {
        JsonNode answer;
        try {
            answer = mapper.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IOException("the answer is not valid JSON, at " + place(e)); // the message may cite it
        }
        return switch (answer.path("result").asText("")) {
            case "accept" -> new AuthResult.Accepted(attributes(answer.path("attributes")));
            case "reject" -> AuthResult.rejected("the service says reject");
            case "abstain" -> AuthResult.abstained();
            default -> throw new IOException("the answer's result is none of accept, reject and abstain");
        };
    }

    private static String place(JsonProcessingException e) {
        return e.getLocation() == null
                ? "its beginning"
                : "line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr();
    }

    private static Map<String, String> attributes(JsonNode node) throws IOException {
        Map<String, String> attributes = new HashMap<>();
        if (node.isMissingNode() || node.isNull()) {
            return attributes;
        }
        if (!node.isObject()) {
            throw new IOException("the answer's attributes are no object");
        }
        for (Map.Entry<String, JsonNode> each : node.properties()) {
            List<String> texts = new ArrayList<>();
            if (each.getValue().isArray()) {
                for (JsonNode element : each.getValue()) {
                    texts.add(text(element));
                }
            } else {
                texts.add(text(each.getValue()));
            }
            attributes.put(each.getKey(), String.join(SEPARATOR, texts));
        }
        return attributes;
    }

    private static String text(JsonNode value) throws IOException {
        if (!value.isValueNode() || value.isNull()) {
            throw new IOException("one of the answer's attributes is neither a simple value nor a list of such");
        }
        String text = value.asText();
        if (text.contains(SEPARATOR)) { // it would pass for two
            throw new IOException("one of the answer's attributes has a line end");
        }
        return text;
    }
}
