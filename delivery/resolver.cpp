#include "delivery/resolver.hpp"

#include "delivery/own_thread.hpp"

#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

namespace talaria::delivery {

namespace {

using time_point = std::chrono::steady_clock::time_point;

/// RFC 1035; a longer text is no name, and must not take its place in the cache.
constexpr std::size_t name_bytes_max = 253;

const resolver::answer& no_addresses() {
  static const auto none = std::make_shared<const std::vector<ip_address>>();
  return none;
}

}  // namespace

std::vector<ip_address> look_up_by_system(const std::string& host) {
  // The system would resolve what stands before it.
  if (host.find('\0') != std::string::npos)
    return {};
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0)
    return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::vector<ip_address> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6)
      continue;
    const ip_address address = to_ip_address(*entry->ai_addr);
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
      addresses.push_back(address);
  }
  return addresses;
}

/// Shared by the resolver and its threads, as a thread that hangs in a look-up outlives the
/// resolver.
class resolver::state : public std::enable_shared_from_this<state> {
public:
  explicit state(resolver_options options)
      : options_(std::move(options)),
        suspect_threads_max_(std::max<std::size_t>(options_.threads / 2, 1)) {}

  void start_threads() {
    for (std::size_t started = 0; started < std::max<std::size_t>(options_.threads, 1); ++started) {
      std::thread([self = shared_from_this()] { self->run(); }).detach();
      const std::scoped_lock lock(mutex_);
      ++threads_;
    }
  }

  answer resolve(const std::string& host, completion done);
  void stop();

private:
  struct name {
    /// Null until the first look-up has ended.
    answer addresses;
    time_point fetched_at;
    bool suspect = false;
    /// Queued or being looked up.
    bool in_progress = false;
    std::vector<completion> waiters;
  };
  using names = std::unordered_map<std::string, name>;

  bool is_fresh(const name& known, time_point now) const;
  bool is_usable(const name& known, time_point now) const;
  bool enqueue(names::value_type& entry);
  bool make_room();

  void run();
  /// @returns the next name to look up, or null on stopping.
  const std::string* take_next(std::unique_lock<std::mutex>& lock);
  void look_up(const std::string& host, std::unique_lock<std::mutex>& lock);

  const resolver_options options_;
  const std::size_t suspect_threads_max_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable thread_idle_;
  bool stopping_ = false;
  /// Keys stay in place while their name is in progress, so the queues refer to them.
  names names_;
  std::deque<const std::string*> queue_;
  std::deque<const std::string*> suspect_queue_;
  std::size_t suspect_threads_ = 0;
  std::size_t threads_ = 0;
  /// Threads within the look-up itself, for which `stop` does not wait.
  std::size_t threads_looking_up_ = 0;
};

resolver::answer resolver::state::resolve(const std::string& host, completion done) {
  if (host.size() > name_bytes_max)
    return no_addresses();
  const time_point now = options_.now();
  const std::scoped_lock lock(mutex_);
  auto entry = names_.find(host);
  if (entry == names_.end()) {
    if (stopping_ || !make_room())
      return no_addresses();
    entry = names_.try_emplace(host).first;
  }
  name& known = entry->second;
  if (is_fresh(known, now))
    return known.addresses;
  if (!known.in_progress && !enqueue(*entry))
    return is_usable(known, now) ? known.addresses : no_addresses();
  if (is_usable(known, now))
    return known.addresses;
  if (known.waiters.size() >= options_.waiters_per_name_max)
    return no_addresses();
  known.waiters.push_back(std::move(done));
  return nullptr;
}

bool resolver::state::is_fresh(const name& known, time_point now) const {
  if (known.addresses == nullptr)
    return false;
  return now - known.fetched_at <
         (known.addresses->empty() ? options_.failure_for : options_.fresh_for);
}

bool resolver::state::is_usable(const name& known, time_point now) const {
  return known.addresses != nullptr && !known.addresses->empty() &&
         now - known.fetched_at < options_.stale_for;
}

bool resolver::state::enqueue(names::value_type& entry) {
  if (stopping_ || queue_.size() + suspect_queue_.size() >= options_.names_queued_max)
    return false;
  (entry.second.suspect ? suspect_queue_ : queue_).push_back(&entry.first);
  entry.second.in_progress = true;
  work_.notify_one();
  return true;
}

bool resolver::state::make_room() {
  if (names_.size() < options_.names_cached_max)
    return true;
  // Any name will do: forgetting one costs a look-up.
  const auto forgettable = std::find_if(
      names_.begin(), names_.end(), [](const auto& entry) { return !entry.second.in_progress; });
  if (forgettable == names_.end())
    return false;
  names_.erase(forgettable);
  return true;
}

void resolver::state::run() {
  set_up_own_thread("delivery-names");
  std::unique_lock lock(mutex_);
  while (const std::string* host = take_next(lock))
    look_up(*host, lock);
  --threads_;
  thread_idle_.notify_all();
}

const std::string* resolver::state::take_next(std::unique_lock<std::mutex>& lock) {
  const auto suspect_ready = [this] {
    return !suspect_queue_.empty() && suspect_threads_ < suspect_threads_max_;
  };
  work_.wait(lock, [&] { return stopping_ || !queue_.empty() || suspect_ready(); });
  if (stopping_)
    return nullptr;
  auto& queue = queue_.empty() ? suspect_queue_ : queue_;
  const std::string* host = queue.front();
  queue.pop_front();
  return host;
}

void resolver::state::look_up(const std::string& host, std::unique_lock<std::mutex>& lock) {
  name& entry = names_.find(host)->second;
  const bool suspect = entry.suspect;
  suspect_threads_ += suspect ? 1 : 0;
  ++threads_looking_up_;
  const time_point began = options_.now();
  lock.unlock();
  auto found = std::make_shared<const std::vector<ip_address>>(options_.look_up(host));
  lock.lock();
  --threads_looking_up_;
  if (stopping_)
    return;
  suspect_threads_ -= suspect ? 1 : 0;
  entry.fetched_at = options_.now();
  entry.suspect = found->empty() || entry.fetched_at - began > options_.slow_after;
  entry.addresses = found;
  entry.in_progress = false;
  const auto waiters = std::exchange(entry.waiters, {});
  work_.notify_one();
  lock.unlock();
  for (const completion& done : waiters)
    done(found);
  lock.lock();
}

void resolver::state::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  work_.notify_all();
  thread_idle_.wait(lock, [this] { return threads_ == threads_looking_up_; });
  for (auto& [host, known] : names_)
    known.waiters.clear();
}

resolver::resolver(resolver_options options) : state_(std::make_shared<state>(std::move(options))) {
  state_->start_threads();
}

resolver::~resolver() {
  stop();
}

resolver::answer resolver::resolve(const std::string& host, completion done) {
  return state_->resolve(host, std::move(done));
}

void resolver::stop() {
  state_->stop();
}

}  // namespace talaria::delivery
