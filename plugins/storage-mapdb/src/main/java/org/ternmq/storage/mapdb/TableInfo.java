package org.ternmq.storage.mapdb;

/**
 * What is known of a table without opening it.
 *
 * @param number the generation that wrote it
 * @param length bytes of the file
 * @param crc CRC-32C of the file
 * @param entries keys in it, removed ones included
 * @param removals keys in it that are removed
 */
record TableInfo(long number, long length, int crc, long entries, long removals) {
    String file() {
        return "table." + number + ".db";
    }
}
