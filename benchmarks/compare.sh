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

# shellcheck source=benchmarks/brokers.sh
. "$(dirname -- "$0")/brokers.sh"

need_mosquitto
start_ternmq() {
  ternmq "$storage" process
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
    -v tr="$(median "$results/$scenario-ternmq-*.json" rate)" -v mr="$(median "$results/$scenario-mosquitto-*.json" rate)" \
    -v tc="$(median "$results/$scenario-ternmq-*.json" brokerCpuMicros)" -v mc="$(median "$results/$scenario-mosquitto-*.json" brokerCpuMicros)" \
    'BEGIN {printf "| %s | %.0f | %.0f | %.2f | %.2f | %.2f | %.2f |\n", name, tr, mr, tr / mr, tc, mc, tc / mc}'
done
