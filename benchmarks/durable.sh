#!/bin/sh
# Measures what a broker does with messages that must survive it, beside other brokers, and prints tables of medians in
# markdown. See docs/performance.md.
set -eu

usage() {
  cat <<EOF
usage: benchmarks/durable.sh [--rounds N] [--count N] [--seconds N] [--warmup N] [--brokers LIST] [--keep DIR]

  --rounds N      runs of each broker, in turn (3)
  --count N       messages for sessions that are away, then drained (1000000; a tenth for Artemis and HiveMQ)
  --seconds N     length of the part with sessions that are there (10)
  --warmup N      seconds of the same load before it (10)
  --brokers LIST  of rocksdb,rocksdb-power,mapdb,memory,artemis,hivemq (all), separated by commas; the first four are TernMQ
                  with this storage, durability: process unless it says power
  --keep DIR      keep the JSON of every run, and the brokers' logs, here

Environment: TERNMQ_HOME (distribution/target/ternmq).
EOF
}

rounds=3 count=1000000 seconds=10 warmup=10 brokers=rocksdb,rocksdb-power,mapdb,memory,artemis,hivemq keep=
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --rounds | --count | --seconds | --warmup | --brokers | --keep)
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

start() {
  next_port
  case $1 in
    rocksdb | mapdb | memory) ternmq "$1" process ;;
    rocksdb-power) ternmq rocksdb power ;;
    artemis | hivemq) start_peer "$1" ;;
    *) echo "durable: no broker $1" >&2; exit 2 ;;
  esac
}
bench() { # result, arguments
  file=$1
  shift
  status=0
  "$home/bin/ternmq" bench "$@" --port "$port" --pid "$broker" --qos 1 --size 256 --publishers 64 --window 16 --json \
    >"$file" || status=$?
  printf '%s: %s\n' "$(basename "$file")" "$(cat "$file")" >&2
  # 1: measured, and something was lost, doubled or reordered; the table says so.
  [ $status -le 1 ] || exit $status
}

list=$(echo "$brokers" | tr ',' ' ')
rm -f "$results"/*.json
round=1
while [ "$round" -le "$rounds" ]; do
  for name in $list; do
    start "$name"
    messages=$count
    case $name in artemis | hivemq) messages=$((count / 10)) ;; esac
    # The same first with a tenth, so that the JVM has compiled what is hot.
    bench "$work/warm-up" offline --count $((messages / 10))
    bench "$results/away_${name}_$round.json" offline --count "$messages"
    bench "$results/there_${name}_$round.json" pairs --persistent --warmup "$warmup" --seconds "$seconds"
    rate=$(median "$results/there_${name}_$round.json" rate | awk '{printf "%d", $1 / 2}')
    bench "$results/half_${name}_$round.json" pairs --persistent --warmup 3 --seconds "$seconds" --rate "$rate"
    stop
  done
  round=$((round + 1))
done

violations() { # scenario, broker
  cat "$results/$1_$2_"*.json | grep -c '"violations":\[\]' | awk -v n="$rounds" '{print n - $1}'
}
echo "Medians of $rounds rounds; 64 publishers, QoS 1, 256 bytes, 16 messages of each under way."
echo
echo "| 64 persistent sessions that are away | acknowledged/s | drained/s | broker CPU µs per message: filled | drained | runs with loss or disorder |"
echo "|---|---|---|---|---|---|"
for name in $list; do
  files="$results/away_${name}_*.json"
  awk -v name="$name" -v f="$(median "$files" fillRate)" -v d="$(median "$files" rate)" \
    -v fc="$(median "$files" fillBrokerCpuMicros)" -v dc="$(median "$files" brokerCpuMicros)" \
    -v bad="$(violations away "$name")" \
    'BEGIN {printf "| %s | %.0f | %.0f | %.1f | %.1f | %d |\n", name, f, d, fc, dc, bad}'
done
echo
echo "| 64 persistent sessions that are there | delivered/s | broker CPU µs per message | p99 of PUBACK at half this rate, ms | runs with loss or disorder |"
echo "|---|---|---|---|---|"
for name in $list; do
  awk -v name="$name" -v r="$(median "$results/there_${name}_*.json" rate)" \
    -v c="$(median "$results/there_${name}_*.json" brokerCpuMicros)" \
    -v a="$(median "$results/half_${name}_*.json" ackP99Micros)" -v bad="$(violations there "$name")" \
    'BEGIN {printf "| %s | %.0f | %.1f | %.2f | %d |\n", name, r, c, a / 1000, bad}'
done
