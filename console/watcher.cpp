#include "console/watcher.hpp"

#include "delivery/own_thread.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include "console/actor_query.hpp"
#include <algorithm>
#include <list>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

namespace talaria::console {

namespace {

using clock = std::chrono::steady_clock;

/// A transfer for as long as it is under way.
class under_way {
public:
  template <class... Arguments>
  explicit under_way(CURLM* multi, Arguments&&... arguments)
      : multi_(multi), transfer_(std::forward<Arguments>(arguments)...) {
    curl_multi_add_handle(multi_, transfer_.handle());
  }
  under_way(const under_way&) = delete;
  under_way& operator=(const under_way&) = delete;
  ~under_way() { curl_multi_remove_handle(multi_, transfer_.handle()); }

  bool is(const CURL* handle) const { return transfer_.handle() == handle; }
  domain::result<std::string> finish(CURLcode ended) { return transfer_.finish(ended); }

private:
  CURLM* multi_;
  transfer transfer_;
};

}  // namespace

/// What the thread does.
class watcher::loop {
public:
  explicit loop(watcher& owner) : owner_(owner) {}

  void run() {
    delivery::set_up_own_thread("top watcher");
    while (take_orders()) {
      start_what_is_due();
      int running = 0;
      curl_multi_perform(multi(), &running);
      take_what_ended();
      curl_multi_poll(multi(), nullptr, 0, static_cast<int>(time_to_wait().count()), nullptr);
    }
  }

private:
  struct action {
    action(CURLM* multi, const server& asked, request once)
        : wanted(std::move(once)), transfer(multi, asked, wanted) {}

    request wanted;
    under_way transfer;
  };

  CURLM* multi() const { return owner_.multi_.get(); }

  /// @returns false once it is to stop.
  bool take_orders() {
    const std::lock_guard lock{owner_.mutex_};
    auto& orders = owner_.orders_;
    if (orders.question != question_) {
      question_ = orders.question;
      look_.reset();
      next_look_ = clock::now();
    }
    follow_ = orders.follow;
    for (auto& wanted : std::exchange(orders.actions, {}))
      actions_.emplace_back(multi(), owner_.server_, std::move(wanted));
    return !orders.stop;
  }

  void start_what_is_due() {
    const auto now = clock::now();
    if (!look_ && !question_.empty() && next_look_ <= now)
      look_.emplace(multi(), owner_.server_, request{"GET", question_});
    if (!follow_)
      stream_.reset();
    else if (!stream_ && next_stream_ <= now)
      begin_stream();
  }

  void begin_stream() {
    reader_.emplace([this](life_event event) { owner_.tell(std::move(event)); });
    const auto take = [this](std::string_view bytes) {
      if (std::exchange(stream_failed_, false))
        owner_.tell(stream_state{});
      reader_->feed(bytes);
    };
    stream_.emplace(multi(), owner_.server_, request{"GET", std::string{stream_target}}, take);
  }

  void take_what_ended() {
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi(), &left)) {
      if (message->msg == CURLMSG_DONE)
        end(message->easy_handle, message->data.result);
    }
  }

  void end(const CURL* handle, CURLcode result) {
    const auto now = clock::now();
    if (look_ && look_->is(handle)) {
      owner_.tell(answered{question_, look_->finish(result), now});
      look_.reset();
      next_look_ = now + owner_.interval_;
    } else if (stream_ && stream_->is(handle)) {
      end_stream(result, now);
    } else {
      end_action(handle, result);
    }
  }

  void end_stream(CURLcode result, clock::time_point now) {
    const auto body = stream_->finish(result);
    stream_.reset();
    stream_failed_ = true;
    next_stream_ = now + owner_.interval_;
    owner_.tell(stream_state{body ? "The stream has ended." : body.error().detail});
  }

  void end_action(const CURL* handle, CURLcode result) {
    const auto done = std::find_if(actions_.begin(), actions_.end(),
                                   [&](const action& one) { return one.transfer.is(handle); });
    if (done == actions_.end())
      return;
    owner_.tell(acted{done->wanted, done->transfer.finish(result)});
    actions_.erase(done);
    // Whoever acted wants to see what came of it.
    next_look_ = clock::now();
  }

  std::chrono::milliseconds time_to_wait() const {
    // libcurl itself wakes up for its transfers' timeouts.
    auto until = clock::now() + std::chrono::seconds{60};
    if (!look_ && !question_.empty())
      until = std::min(until, next_look_);
    if (!stream_ && follow_)
      until = std::min(until, next_stream_);
    return std::max(std::chrono::milliseconds{0},
                    std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()));
  }

  watcher& owner_;
  std::string question_;
  std::optional<under_way> look_;
  clock::time_point next_look_;
  bool follow_ = false;
  std::optional<life_event_reader> reader_;
  std::optional<under_way> stream_;
  clock::time_point next_stream_;
  bool stream_failed_ = false;
  std::list<action> actions_;
};

watcher::watcher(server asked, std::chrono::milliseconds interval)
    : server_(std::move(asked)),
      interval_(interval),
      signal_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (signal_.get() < 0)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
  start_libcurl();
  multi_.reset(curl_multi_init());
  if (!multi_)
    throw std::bad_alloc{};
  thread_ = std::thread{[this] { loop{*this}.run(); }};
}

watcher::~watcher() {
  {
    const std::lock_guard lock{mutex_};
    orders_.stop = true;
  }
  wake();
  thread_.join();
}

void watcher::wake() {
  curl_multi_wakeup(multi_.get());
}

void watcher::ask(const std::string& question) {
  {
    const std::lock_guard lock{mutex_};
    if (orders_.question == question)
      return;
    orders_.question = question;
  }
  wake();
}

void watcher::act(request once) {
  {
    const std::lock_guard lock{mutex_};
    orders_.actions.push_back(std::move(once));
  }
  wake();
}

void watcher::follow(bool wanted) {
  {
    const std::lock_guard lock{mutex_};
    if (std::exchange(orders_.follow, wanted) == wanted)
      return;
  }
  wake();
}

void watcher::tell(news one) {
  const std::lock_guard lock{mutex_};
  if (news_.size() >= news_max)
    return;
  news_.push_back(std::move(one));
  const std::uint64_t count = 1;
  // A counter that is full is readable as well.
  [[maybe_unused]] const auto written = write(signal_.get(), &count, sizeof count);
}

std::vector<news> watcher::take() {
  const std::lock_guard lock{mutex_};
  std::uint64_t count = 0;
  [[maybe_unused]] const auto taken = read(signal_.get(), &count, sizeof count);
  return std::exchange(news_, {});
}

}  // namespace talaria::console
