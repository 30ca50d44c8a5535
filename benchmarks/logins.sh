#!/bin/sh
# Whether many logins of a user with a hashed password delay the messages of clients that are connected: the latency of one pair of
# clients, first alone, then beside so many CONNECTs a second (default: 10000), each phase so many seconds long (default: 15). A
# further argument is added to the configuration, such as "guard: {connects-per-second: 200}".
# After a build: mvn -DskipTests package
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$here/../distribution/target/ternmq
folder=$(mktemp -d)
port=${PORT:-18830}
ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
broker=
end() {
  [ -z "$broker" ] || kill "$broker" 2>/dev/null || true
  [ -z "$broker" ] || wait "$broker" 2>/dev/null || true
  rm -rf "$folder"
}
trap end EXIT
echo secret | "$tree/bin/ternmq" passwd "$folder/users" ada --password-stdin >/dev/null
cat >"$folder/ternmq.yaml" <<YAML
listeners: [{name: mqtt, bind: "127.0.0.1:$port"}]
authentication: {allow-anonymous: true, use: [{type: file, path: users}]}
storage: {type: memory}
${3:-}
YAML
"$tree/bin/ternmq" start --config "$folder/ternmq.yaml" --data "$folder/data" >"$folder/out" 2>"$folder/err" &
broker=$!
for _ in $(seq 300); do grep -q ready "$folder/out" && break; sleep 0.2; done
timeout 120 java -Dsource="$here/Logins.java" "$here/Logins.java" "$port" "${1:-10000}" "${2:-15}"
