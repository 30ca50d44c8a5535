#!/bin/sh
# Measures TernMQ beside Mosquitto on this machine and prints a table of medians in markdown. See docs/performance.md.
set -eu

usage() {
  cat <<EOF
usage: benchmarks/compare.sh [--rounds N] [--seconds N] [--warmup N] [--storage TYPE] [--scenarios LIST] [--keep DIR]

  --rounds N        pairs of runs for each scenario: TernMQ, Mosquitto, TernMQ, … (3)
  --seconds N       length of the measured part of a run (10)
  --warmup N        seconds of the same load before it (15; the JVM compiles meanwhile)
  --storage TYPE    storage plugin of TernMQ (memory)
  --scenarios LIST  of pairs-qos0,pairs-single,pairs-qos1,fan-out (all), separated by commas
  --keep DIR        keep the JSON of every run, and the brokers' logs, here

Environment: TERNMQ_HOME (distribution/target/ternmq), MOSQUITTO (from PATH or /usr/sbin).
EOF
}

rounds=3 seconds=10 warmup=15 storage=memory scenarios=pairs-qos0,pairs-single,pairs-qos1,fan-out keep=
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --rounds | --seconds | --warmup | --storage | --scenarios | --keep)
      [ $# -ge 2 ] || { usage >&2; exit 2; }
      name=${1#--}
      eval "$name=\$2"
      shift 2
      ;;
    *) usage >&2; exit 2 ;;
  esac
done

here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P)
home=${TERNMQ_HOME:-$here/distribution/target/ternmq}
if [ ! -x "$home/bin/ternmq" ]; then
  echo "compare: there is no broker in $home; build it with: mvn -q -DskipTests package" >&2
  exit 2
fi
mosquitto=${MOSQUITTO:-$(command -v mosquitto || echo /usr/sbin/mosquitto)}
if [ ! -x "$mosquitto" ]; then
  echo "compare: mosquitto is neither in PATH nor /usr/sbin: on Debian, apt-get install mosquitto" >&2
  exit 2
fi

work=$(mktemp -d)
broker=
stop() {
  if [ -n "$broker" ]; then
    kill "$broker" 2>/dev/null || true
    wait "$broker" 2>/dev/null || true
    broker=
  fi
}
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
await_port() {
  tries=0
  until listening "$port"; do
    tries=$((tries + 1))
    if ! kill -0 "$broker" 2>/dev/null; then
      status=0
      wait "$broker" || status=$?
      broker=
      echo "compare: $1 ended with status $status before it was ready:" >&2
      cat "$2" >&2
      exit 1
    fi
    if [ $tries -gt 300 ]; then
      echo "compare: $1 was not ready after 30 s:" >&2
      cat "$2" >&2
      exit 1
    fi
    sleep 0.1
  done
}

# Both without limits on queues and in-flight messages, and without a log of what clients do.
start_ternmq() {
  cat >"$work/ternmq.yaml" <<EOF
listeners:
  - {name: mqtt, bind: "127.0.0.1:$port"}
storage: {type: $storage}
limits: {queue-messages: 1000000, queue-bytes: 1GiB, receive-maximum: 65535, in-flight: 65535}
EOF
  rm -rf "$work/data"
  "$home/bin/ternmq" start --config "$work/ternmq.yaml" --data "$work/data" >"$results/ternmq.log" 2>&1 &
  broker=$!
  await_port TernMQ "$results/ternmq.log"
}
start_mosquitto() {
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

arguments() {
  case $1 in
    pairs-qos0) echo "pairs --qos 0 --pairs 50 --size 64 --window 100" ;;
    # One message of each pair under way: nothing to batch but what different pairs happen to send together.
    pairs-single) echo "pairs --qos 0 --pairs 50 --size 64 --window 1" ;;
    pairs-qos1) echo "pairs --qos 1 --pairs 20 --size 64 --window 100" ;;
    fan-out) echo "fan-out --qos 0 --subscribers 500 --size 64 --window 10" ;;
    *) echo "compare: no scenario $1" >&2; exit 2 ;;
  esac
}
describe() {
  case $1 in
    pairs-qos0) echo "50 pairs, QoS 0, window 100" ;;
    pairs-single) echo "50 pairs, QoS 0, window 1" ;;
    pairs-qos1) echo "20 pairs, QoS 1, window 100" ;;
    fan-out) echo "1 to 500, QoS 0, window 10" ;;
  esac
}

run() { # broker, scenario, round
  next_port
  "start_$1"
  # shellcheck disable=SC2046 # a list of words
  "$home/bin/ternmq" bench $(arguments "$2") --port "$port" --pid "$broker" \
    --seconds "$seconds" --warmup "$warmup" --json >"$results/$2-$1-$3.json"
  stop
  printf '%s, round %s, %s: %s\n' "$2" "$3" "$1" "$(cat "$results/$2-$1-$3.json")" >&2
}

median() { # broker, scenario, figure
  cat "$results/$2-$1"-*.json | sed -n "s/.*\"$3\":\([0-9.]*\).*/\1/p" | sort -n |
    awk '{v[NR] = $1} END {m = int((NR + 1) / 2); print NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2}'
}

list=$(echo "$scenarios" | tr ',' ' ')
for scenario in $list; do
  arguments "$scenario" >/dev/null
  rm -f "$results/$scenario"-*.json
  round=1
  while [ "$round" -le "$rounds" ]; do
    run ternmq "$scenario" "$round"
    run mosquitto "$scenario" "$round"
    round=$((round + 1))
  done
done

version=$("$mosquitto" -h 2>&1 | sed -n '1s/.*version \([0-9.]*\).*/\1/p')
echo "Medians of $rounds rounds of ${seconds} s, TernMQ with storage $storage beside Mosquitto $version."
echo
echo "| scenario (64 bytes) | deliveries/s: TernMQ | Mosquitto | ratio | broker CPU µs per delivery: TernMQ | Mosquitto | ratio |"
echo "|---|---|---|---|---|---|---|"
for scenario in $list; do
  awk -v name="$(describe "$scenario")" \
    -v tr="$(median ternmq "$scenario" rate)" -v mr="$(median mosquitto "$scenario" rate)" \
    -v tc="$(median ternmq "$scenario" brokerCpuMicros)" -v mc="$(median mosquitto "$scenario" brokerCpuMicros)" \
    'BEGIN {printf "| %s | %.0f | %.0f | %.2f | %.2f | %.2f | %.2f |\n", name, tr, mr, tr / mr, tc, mc, tc / mc}'
done
