package org.ternmq.auth.scram;

/**
 * The client's last message (RFC 5802 7).
 *
 * @param withoutProof what the proof covers of it
 * @param binding what the attribute {@code c} held
 * @param nonce the client's and the server's
 * @param proof the client's proof
 */
record ClientFinal(String withoutProof, byte[] binding, String nonce, byte[] proof) {
    static ClientFinal parse(String message) throws MalformedException {
        String[] attributes = message.split(",", -1);
        int last = attributes.length - 1;
        Syntax.refuseMandatoryExtension(attributes[0]);
        byte[] binding = Syntax.base64(Syntax.value(attributes, 0, 'c'));
        String nonce = Syntax.nonce(Syntax.value(attributes, 1, 'r'));
        Syntax.skipExtensions(attributes, 2, last);
        byte[] proof = Syntax.base64(Syntax.value(attributes, Math.max(last, 2), 'p'));
        return new ClientFinal(message.substring(0, message.lastIndexOf(',')), binding, nonce, proof);
    }
}
