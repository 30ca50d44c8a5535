#!/bin/sh
# How fast a bridge catches up, and in how much memory: so many messages with QoS 1 (default: 1000000), of so many bytes (default:
# 256), wait on disk for a bridge whose other side is away; then that comes back. Both brokers are TernMQ with RocksDB, the first
# with a heap of so much (default: 512m). Needs curl. After a build: mvn -DskipTests package
set -eu
count=${1:-1000000} size=${2:-256} heap=${3:-512m}
keep=
# shellcheck source=benchmarks/brokers.sh
. "$(dirname -- "$0")/brokers.sh"

next_port
cloud=$port
next_port
admin=$port
next_port
cat >"$work/edge.yaml" <<EOF
listeners: [{name: mqtt, bind: "127.0.0.1:$port"}]
admin: {bind: "127.0.0.1:$admin"}
limits: {queue-messages: 100000000, queue-bytes: 100GiB, receive-maximum: 65535, in-flight: 65535}
bridges:
  - name: cloud
    type: mqtt
    url: "mqtt://127.0.0.1:$cloud"
    reconnect-max: 1s
    topics: [{out: "#", qos: 1}]
EOF
cat >"$work/cloud.yaml" <<EOF
listeners: [{name: mqtt, bind: "127.0.0.1:$cloud"}]
EOF
TERNMQ_JVM_OPTS="-Xmx$heap ${TERNMQ_JVM_OPTS:-}" "$home/bin/ternmq" start --config "$work/edge.yaml" --data "$work/edge" \
  >"$work/edge.log" 2>&1 &
broker=$!
await_port TernMQ "$work/edge.log"

"$home/bin/ternmq" bench fan-in --qos 1 --size "$size" --publishers 10 --window 100 --count "$count" --port "$port" >/dev/null
ask() { # path
  curl -s -H "Authorization: Bearer $(cat "$work/edge/admin-token")" "http://127.0.0.1:$admin$1"
}
bridge() { # field
  ask /api/v1/bridges | sed "s/.*\"$1\":\([0-9]*\).*/\1/"
}
heap() { # MiB in use
  ask /metrics | awk 'index($0, "jvm_memory_used_bytes{area=\"heap\"") == 1 { sum += $NF } END { printf "%.0f\n", sum / 1048576 }'
}
waits() {
  echo $(($(bridge queuedMessages) + $(bridge inFlight)))
}
until [ "$(waits)" -ge "$count" ]; do sleep 1; done
echo "waiting: $(waits) messages, heap in use $(heap) MiB"

"$home/bin/ternmq" start --config "$work/cloud.yaml" --data "$work/cloud" >"$work/cloud.log" 2>&1 &
other=$!
trap 'kill $other 2>/dev/null || true; stop; rm -rf "$work"' EXIT
until grep -q "bridge up" "$work/edge.log"; do sleep 0.05; done
begun=$(date +%s%N)
most=0
while :; do
  sent=$(bridge sent)
  used=$(heap)
  [ "$used" -le "$most" ] || most=$used
  [ "$sent" -lt "$count" ] || break
  sleep 1
done
took=$((($(date +%s%N) - begun) / 1000000))
echo "caught up: $sent messages in $took ms, $((sent * 1000 / took)) a second; heap in use $most MiB at most, $heap allowed"
