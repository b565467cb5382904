# shellcheck shell=bash
# Processes that a script leaves running, and talking to Talaria. Their pids and logs are in $state,
# which the caller sets; $key is the key that `call` presents.

stop_process() {
  local file="$state/$1.pid" pid
  [ -f "$file" ] || return 0
  pid=$(cat "$file")
  if kill -TERM "$pid" 2>/dev/null; then
    for _ in $(seq 300); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
  fi
  rm -f "$file"
}

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# Waits until a line of a file matches, and prints the last one that does.
wait_for_line() {
  local file=$1 pattern=$2 pid=$3
  for _ in $(seq 300); do
    if grep -qE "$pattern" "$file" 2>/dev/null; then
      grep -E "$pattern" "$file" | tail -n 1
      return
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  cat "$file" >&2
  return 1
}

member() {
  python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

call() {
  curl --silent --show-error --fail-with-body --noproxy '*' -H "Authorization: Bearer $key" \
    -H 'Content-Type: application/json' "$@"
}

fresh_webhook_secret() {
  python3 -c 'import base64, secrets; print("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())'
}

# Starts the sample receiver, which checks signatures by this secret, and prints its URL.
start_receiver() {
  WEBHOOK_SECRET=$1 nohup python3 examples/receivers/receiver.py 0 >"$state/receiver.log" 2>&1 </dev/null &
  local pid=$!
  echo "$pid" >"$state/receiver.pid"
  wait_for_line "$state/receiver.log" 'listening on' "$pid" | sed 's/.*listening on //'
}
