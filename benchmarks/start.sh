#!/bin/sh
# How long it takes from the start of the launcher to the line "ready", with an empty store, with and without class data, in turn, so many
# times each (default: 5). Prints milliseconds by the clock, and of processor time, which other load disturbs less. After a build:
# mvn -DskipTests package
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$here/../distribution/target/ternmq
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf 'listeners: [{name: mqtt, bind: "127.0.0.1:0"}]\n' >"$folder/ternmq.yaml"
mkfifo "$folder/out"
[ -s "$tree/lib/ternmq.jsa" ] || "$tree/bin/ternmq-class-data"
tick=$(getconf CLK_TCK)

run() { # file of class data, or nothing
  rm -rf "$folder/data"
  begin=$(date +%s%N)
  TERNMQ_CLASS_DATA=$1 "$tree/bin/ternmq" start --config "$folder/ternmq.yaml" --data "$folder/data" >"$folder/out" 2>"$folder/err" &
  broker=$!
  read -r _ <"$folder/out"
  end=$(date +%s%N)
  cpu=$(awk -v tick="$tick" '{ printf "%d", ($14 + $15) * 1000 / tick }' "/proc/$broker/stat")
  kill "$broker"
  wait "$broker" || true
  echo "$(((end - begin) / 1000000)) $cpu"
}

run "$tree/lib/ternmq.jsa" >/dev/null # the first one reads the disk
echo "load before: $(cut -d ' ' -f 1-3 /proc/loadavg)"
for _ in $(seq "${1:-5}"); do
  run "$tree/lib/ternmq.jsa" >>"$folder/with"
  run '' >>"$folder/without"
done
for kind in with without; do
  for column in 1 2; do
    cut -d ' ' -f "$column" "$folder/$kind" | sort -n | awk -v what="$kind class data, $([ $column = 1 ] && echo clock || echo processor)" \
      '{ v[NR] = $1 } END { printf "%-32s ms: min %d, median %d, max %d\n", what, v[1], v[int((NR + 1) / 2)], v[NR] }'
  done
done
echo "load after:  $(cut -d ' ' -f 1-3 /proc/loadavg)"
