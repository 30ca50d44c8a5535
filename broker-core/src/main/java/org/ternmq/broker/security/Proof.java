package org.ternmq.broker.security;

/**
 * Who let a client in.
 *
 * @param authenticator the name of the instance
 * @param asked the number of the last revocation when it was asked
 */
record Proof(String authenticator, long asked) {}
