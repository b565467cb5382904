# Debian packages by purpose, and how to install those that are missing. Sourced, not run.

build_packages=(
  build-essential ca-certificates ccache cmake ninja-build pkg-config
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  libcaf-dev libcli11-dev libcpp-httplib-dev libcurl4-openssl-dev libexpected-dev libfmt-dev
  libncurses-dev libpq-dev libsoci-dev libsodium-dev libspdlog-dev libsqlite3-dev libssl-dev libtomlplusplus-dev
  libvalijson-dev libzstd-dev prometheus-cpp-dev zlib1g-dev doctest-dev libbenchmark-dev
)
quickstart_packages=(curl python3)
test_packages=(
  clang-16 clang-format curl git iproute2 jq libclang-rt-16-dev nodejs npm openssl postgresql
  prometheus python3 python3-venv
)

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs the packages named that are missing; silent and instant when none is.
install_packages() {
  local missing=() package
  for package in "$@"; do
    # A tool that was brought by other means than its package counts as well.
    case "$package" in
      nodejs) command -v node >/dev/null && continue ;;
      prometheus) command -v promtool >/dev/null && continue ;;
      npm) command -v npm >/dev/null && continue ;;
    esac
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  # Without the default cluster: the tests start their own throw-away server.
  if [[ " ${missing[*]} " == *" postgresql "* ]]; then
    as_root mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
      echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  # The tests want its promtool, not a server on this machine: masked, it is not started.
  if [[ " ${missing[*]} " == *" prometheus "* ]]; then
    as_root mkdir -p /etc/systemd/system
    [ -e /etc/systemd/system/prometheus.service ] || [ -L /etc/systemd/system/prometheus.service ] ||
      as_root ln -s /dev/null /etc/systemd/system/prometheus.service
  fi
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
