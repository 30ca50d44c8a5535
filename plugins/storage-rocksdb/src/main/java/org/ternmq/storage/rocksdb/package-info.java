/** The storage {@code rocksdb}: an embedded RocksDB, one column family per keyspace. */
@NullMarked
package org.ternmq.storage.rocksdb;

import org.jspecify.annotations.NullMarked;
