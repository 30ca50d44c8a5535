#!/bin/sh
# How long a decision of acl-file takes, with so many rules (default: 1000). After a build: mvn -DskipTests package
set -eu
cd "$(dirname "$0")/.."
exec java -cp "plugins/acl-file/target/test-classes:plugins/acl-file/target/classes:plugins/testkit/target/classes:distribution/target/ternmq/lib/*" \
  org.ternmq.acl.file.RulesSpeed "$@"
