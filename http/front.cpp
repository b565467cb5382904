#include "http/front.hpp"

#include "http/address_quota.hpp"
#include "http/client_address.hpp"
#include "http/fresh_id.hpp"
#include "http/httplib_server.hpp"
#include "http/worker.hpp"

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace talaria::http {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 2ms;
/// Whoever can make us refuse connections must not be able to fill the log.
constexpr auto refusals_reported_every = 10s;

/// The connections that leave the reserved descriptors free, whatever was asked for.
std::size_t connections_max_for(const transport_limits& limits) {
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0 || descriptors.rlim_cur == RLIM_INFINITY) {
    return limits.connections_max;
  }
  const std::size_t all = descriptors.rlim_cur;
  const std::size_t free = all - std::min(limits.file_descriptors_reserved, all / 2);
  return std::min(limits.connections_max, free);
}

}  // namespace

class front::implementation {
public:
  implementation(front_options options, request_handler& handler)
      : options_(std::move(options)),
        connections_max_(connections_max_for(options_.limits)),
        server_(std::chrono::duration_cast<std::chrono::seconds>(options_.limits.idle_deadline),
                [this](int socket) { adopt(socket); }),
        serialize_([this](response answer, const exchange_ticket& ticket, bool close) {
          return server_.serialize(std::move(answer), ticket, close);
        }),
        quota_(std::make_shared<address_quota>(options_.limits.connections_per_address_max)) {
    auto body_bytes = std::make_shared<byte_budget>(options_.limits.body_bytes_in_flight_max);
    auto body_shares = std::make_shared<address_quota>(options_.limits.body_bytes_per_address_max);
    for (std::size_t index = 0; index < std::max<std::size_t>(options_.workers, 1); ++index) {
      workers_.push_back(std::make_unique<worker>(
          connection_context{options_.limits, options_.trusted_proxies, handler, serialize_,
                             body_bytes, body_shares, nullptr, draining_}));
    }
  }

  ~implementation() { stop(); }

  domain::result<std::uint16_t> start() {
    auto port = server_.bind(options_.address, options_.port);
    if (!port) {
      return port;
    }
    options_.port = *port;
    acceptor_ = std::thread([this] { accept(); });
    // cpp-httplib forgets a stop that comes before it runs.
    while (!server_.accepting()) {
      std::this_thread::yield();
    }
    return port;
  }

  bool drain(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    stop_accepting();
    draining_.store(true);
    for (const auto& worker : workers_) {
      worker->drain();
    }
    while (connections() > 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(poll_interval);
    }
    return connections() == 0;
  }

  void stop() {
    stop_accepting();
    for (const auto& worker : workers_) {
      worker->stop();
    }
  }

  std::size_t connections() const {
    std::size_t sum = 0;
    for (const auto& worker : workers_) {
      sum += worker->connections();
    }
    return sum;
  }

  connection_counts count_connections() const { return {connections(), refused_.load()}; }

private:
  /// A listening socket can break (the kernel's memory, the table of files): it is opened again.
  void accept() {
    while (!server_.accept_all() && !stopping_.load()) {
      spdlog::error("http: the listening socket broke; opening it again");
      while (!stopping_.load() && !server_.bind(options_.address, options_.port)) {
        std::this_thread::sleep_for(100ms);
      }
    }
  }

  void stop_accepting() {
    if (acceptor_.joinable()) {
      stopping_.store(true);
      server_.stop_accepting();
      acceptor_.join();
    }
  }

  void adopt(int socket) {
    accepted_client client{stream_of(delivery::file_descriptor(socket)), peer_of(socket), {}};
    if (connections() >= connections_max_) {
      return refuse(client, 503, "Too many connections are open.");
    }
    if (!is_trusted(client.address, options_.trusted_proxies)) {
      auto place = quota_->take(client.address);
      if (!place) {
        return refuse(client, 429, "Too many connections are open from this address.");
      }
      client.place = *std::move(place);
    }
    workers_[next_worker_++ % workers_.size()]->adopt(std::move(client));
  }

  std::unique_ptr<byte_stream> stream_of(delivery::file_descriptor socket) const {
    if (options_.tls) {
      return options_.tls->wrap(std::move(socket));
    }
    return std::make_unique<plain_stream>(std::move(socket));
  }

  static delivery::ip_address peer_of(int socket) {
    sockaddr_storage peer{};
    socklen_t bytes = sizeof peer;
    ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &bytes);
    return delivery::to_ip_address(reinterpret_cast<const sockaddr&>(peer));
  }

  /// Says so in one go, without a thread or a buffer to wait for the client; not by TLS, whose
  /// handshake would be more work than a request.
  void refuse(const accepted_client& client, unsigned status, std::string reason) {
    ++refused_;
    report_refusal(client, reason);
    if (options_.tls) {
      return;
    }
    problem full = to_problem({domain::ec::overloaded, std::move(reason), ""});
    full.status = status;
    full.close = true;
    exchange_ticket ticket;
    ticket.request_id = to_string(fresh_id(system_time()));
    const std::string answer =
        server_.serialize(to_response(full, ticket.request_id), ticket, true).text;
    client.stream->send(answer.data(), answer.size());
  }

  void report_refusal(const accepted_client& client, const std::string& reason) {
    ++refusals_;
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_report_at_) {
      spdlog::warn("http: {} connections were refused, the last one from {}: {}", refusals_,
                   to_string(client.address), reason);
      refusals_ = 0;
      next_report_at_ = now + refusals_reported_every;
    }
  }

  front_options options_;
  const std::size_t connections_max_;
  httplib_server server_;
  response_serializer serialize_;
  const std::shared_ptr<address_quota> quota_;
  std::atomic<bool> draining_{false};
  std::vector<std::unique_ptr<worker>> workers_;
  std::size_t next_worker_ = 0;
  /// Since the last report. Of the thread that accepts, as is the next.
  std::size_t refusals_ = 0;
  std::chrono::steady_clock::time_point next_report_at_;
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
};

front::front(front_options options, request_handler& handler)
    : implementation_(std::make_unique<implementation>(std::move(options), handler)) {
}

front::~front() = default;

domain::result<std::uint16_t> front::start() {
  return implementation_->start();
}

bool front::drain(std::chrono::milliseconds timeout) {
  return implementation_->drain(timeout);
}

void front::stop() {
  implementation_->stop();
}

std::size_t front::connections() const {
  return implementation_->connections();
}

connection_counts front::count_connections() const {
  return implementation_->count_connections();
}

}  // namespace talaria::http
