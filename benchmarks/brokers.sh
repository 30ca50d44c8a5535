# Starts and stops the brokers that are measured, and has a folder for what they write, which goes at the end. Sourced by the
# scripts beside it, once they know keep: the folder for what is to be kept, or nothing.
#
# Environment: TERNMQ_HOME (distribution/target/ternmq), MOSQUITTO (from PATH or /usr/sbin).

# shellcheck shell=sh disable=SC2154
here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P)
home=${TERNMQ_HOME:-$here/distribution/target/ternmq}
if [ ! -x "$home/bin/ternmq" ]; then
  echo "there is no broker in $home; build it with: mvn -q -DskipTests package" >&2
  exit 2
fi
mosquitto=${MOSQUITTO:-$(command -v mosquitto || echo /usr/sbin/mosquitto)}
need_mosquitto() {
  if [ ! -x "$mosquitto" ]; then
    echo "mosquitto is neither in PATH nor /usr/sbin: on Debian, apt-get install mosquitto" >&2
    exit 2
  fi
}

broker=
stop() {
  if [ -n "$broker" ]; then
    kill "$broker" 2>/dev/null || true
    wait "$broker" 2>/dev/null || true
    broker=
  fi
}

work=$(mktemp -d)
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
results=${keep:-$work/results}
mkdir -p "$results"

# A port that nobody listens on; each run takes the next, so that none meets the sockets of the one before.
port=$((20000 + $$ % 10000))
listening() {
  grep -qi ":$(printf %04X "$1") [0-9A-F:]* 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null
}
next_port() {
  port=$((port + 1))
  while listening "$port"; do port=$((port + 1)); done
}
await_port() { # name, log
  tries=0
  until listening "$port"; do
    tries=$((tries + 1))
    if ! kill -0 "$broker" 2>/dev/null; then
      status=0
      wait "$broker" || status=$?
      broker=
      echo "$1 ended with status $status before it was ready:" >&2
      cat "$2" >&2
      exit 1
    fi
    if [ $tries -gt 600 ]; then
      echo "$1 was not ready after 60 s:" >&2
      cat "$2" >&2
      exit 1
    fi
    sleep 0.1
  done
}

# All without limits on queues and in-flight messages, and without a log of what clients do.
ternmq() { # storage, durability
  cat >"$work/ternmq.yaml" <<EOF
listeners:
  - {name: mqtt, bind: "127.0.0.1:$port"}
storage: {type: $1, durability: $2}
limits: {queue-messages: 1000000, queue-bytes: 1GiB, receive-maximum: 65535, in-flight: 65535}
EOF
  rm -rf "$work/data"
  "$home/bin/ternmq" start --config "$work/ternmq.yaml" --data "$work/data" >"$results/ternmq.log" 2>&1 &
  broker=$!
  await_port TernMQ "$results/ternmq.log"
}
start_mosquitto() {
  need_mosquitto
  cat >"$work/mosquitto.conf" <<EOF
listener $port 127.0.0.1
allow_anonymous true
persistence false
set_tcp_nodelay true
max_inflight_messages 65535
max_queued_messages 0
log_type none
EOF
  "$mosquitto" -c "$work/mosquitto.conf" >"$results/mosquitto.log" 2>&1 &
  broker=$!
  await_port Mosquitto "$results/mosquitto.log"
}
# Brokers for the JVM, from Maven Central: built on first use, each with its own class path.
start_peer() { # hivemq, artemis or moquette
  peer=$here/benchmarks/peers/target/$1
  if [ ! -d "$peer/lib" ]; then
    mvn -B -q -f "$here/benchmarks/peers/pom.xml" "-P$1" compile >&2
  fi
  rm -rf "$work/peer"
  mkdir -p "$work/peer"
  java -cp "$peer/classes:$peer/lib/*" Peer "$port" "$work/peer" >"$results/$1.log" 2>&1 &
  broker=$!
  await_port "$1" "$results/$1.log"
}

median() { # files, figure
  # shellcheck disable=SC2086 # a pattern
  cat $1 | sed -n "s/.*\"$2\":\([0-9.]*\).*/\1/p" | sort -n |
    awk '{v[NR] = $1} END {m = int((NR + 1) / 2); print NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2}'
}
