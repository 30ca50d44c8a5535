package org.ternmq.auth.scram;

/**
 * The client's first message (RFC 5802 7).
 *
 * @param gs2Header what the last message must repeat, the second comma included
 * @param bare what is behind it
 * @param name the user's name, prepared
 * @param nonce the client's
 */
record ClientFirst(String gs2Header, String bare, String name, String nonce) {
    static ClientFirst parse(String message) throws MalformedException {
        int flagEnd = message.indexOf(',');
        int headerEnd = message.indexOf(',', flagEnd + 1);
        if (flagEnd < 0 || headerEnd < 0) {
            throw new MalformedException("no GS2 header in the first message");
        }
        String flag = message.substring(0, flagEnd);
        if (flag.startsWith("p=")) {
            throw new MalformedException("channel binding, which is not offered");
        }
        // "y": the client could bind and believes that we cannot, which is so.
        if (!flag.equals("n") && !flag.equals("y")) {
            throw new MalformedException("no GS2 header in the first message");
        }
        String bare = message.substring(headerEnd + 1);
        String[] attributes = bare.split(",", -1);
        Syntax.refuseMandatoryExtension(attributes[0]);
        String name = Syntax.saslName(Syntax.value(attributes, 0, 'n'));
        String nonce = Syntax.nonce(Syntax.value(attributes, 1, 'r'));
        Syntax.skipExtensions(attributes, 2, attributes.length);

        String actAs = message.substring(flagEnd + 1, headerEnd);
        if (!actAs.isEmpty()
                && !Syntax.saslName(Syntax.value(new String[] {actAs}, 0, 'a')).equals(name)) {
            throw new MalformedException("'" + name + "' asks to act as another user");
        }
        return new ClientFirst(message.substring(0, headerEnd + 1), bare, name, nonce);
    }
}
