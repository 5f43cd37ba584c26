#!/usr/bin/env bash
# Downloads Apache's release of Kafka, checks it, and unpacks it into a folder, unless the folder has it already.
# Usage: fetch.sh ADDRESS SHA512 FOLDER
set -euo pipefail
address=$1 checksum=$2 folder=$3

say() { printf '%s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }
sum() { if command -v sha512sum >/dev/null; then sha512sum "$1"; else shasum -a 512 "$1"; fi | cut -d ' ' -f 1; }

if [[ -x $folder/bin/kafka-server-start.sh ]]; then
  say "Kafka is in $folder already."
else
  [[ ! -e $folder ]] || fail "$folder is there, but holds no bin/kafka-server-start.sh: remove it, or name another folder by KAFKA_FOLDER."
  head=$(curl --fail --silent --show-error --location --head --connect-timeout 5 --max-time 30 "$address") \
    || fail "Kafka cannot be fetched from $address; KAFKA_URL may name another place with the same file."
  size=$(awk 'tolower($1) == "content-length:" { bytes = $2 } END { printf "%.1f", bytes / 1000000 }' <<<"$head")
  say "Fetching $size MB from $address into $folder"
  mkdir -p "$(dirname "$folder")"
  # Unpacked beside its folder, and moved there only when all of it is there.
  part=$(mktemp -d "$folder.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  curl --fail --silent --show-error --location --connect-timeout 5 --speed-limit 1000 --speed-time 30 --output "$part/release.tgz" "$address" \
    || fail "Kafka could not be fetched from $address: try again."
  [[ $(sum "$part/release.tgz") == "$checksum" ]] || fail "What $address gave is not the release that was expected (SHA-512): nothing is kept of it."
  mkdir "$part/kafka"
  tar -xzf "$part/release.tgz" -C "$part/kafka" --strip-components 1
  [[ -x $part/kafka/bin/kafka-server-start.sh ]] || fail "There is no bin/kafka-server-start.sh in what $address gave."
  mv "$part/kafka" "$folder"
fi

say 'make test uses it; it needs Java 17 or newer. To start a broker at localhost:9092, which keeps its data in /tmp:' '' \
  "  cd '$folder'" \
  '  bin/kafka-storage.sh format --standalone -t "$(bin/kafka-storage.sh random-uuid)" -c config/server.properties' \
  '  bin/kafka-server-start.sh config/server.properties'
