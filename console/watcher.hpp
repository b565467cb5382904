#pragma once

#include "delivery/file_descriptor.hpp"

#include "console/life_event.hpp"
#include "console/transfer.hpp"
#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace talaria::console {

/// The answer to a question.
struct answered {
  std::string question;
  domain::result<std::string> body;
  std::chrono::steady_clock::time_point at;
};

/// The answer to a request that was made once.
struct acted {
  request done;
  domain::result<std::string> body;
};

/// Why life events do not come; empty once they do.
struct stream_state {
  std::string trouble;
};

using news = std::variant<answered, acted, life_event, stream_state>;

/// Asks a server on a thread of its own, so that whoever draws and reads keys never waits.
///
/// Orders take effect at once: what was asked before and has not been answered is given up. A
/// question without an answer is asked again like any other. All functions are for one thread.
class watcher {
public:
  /// News beyond it are dropped, as while a terminal takes no output: there will be newer ones.
  static constexpr std::size_t news_max = 1000;

  /// @param interval Between an answer and the next time that the question is asked.
  watcher(server asked, std::chrono::milliseconds interval);
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;
  /// Gives up whatever is under way.
  ~watcher();

  /// Asks now, and at each interval, until there is another question. Asked twice, nothing changes.
  void ask(const std::string& question);
  void act(request once);
  /// Whether the stream of life events is listened to.
  void follow(bool wanted);

  /// Readable while there are news.
  int readable() const { return signal_.get(); }
  std::vector<news> take();

private:
  struct orders {
    std::string question;
    bool follow = false;
    std::vector<request> actions;
    bool stop = false;
  };
  class loop;

  void wake();
  void tell(news one);

  const server server_;
  const std::chrono::milliseconds interval_;
  delivery::file_descriptor signal_;
  delivery::multi_handle multi_;
  std::mutex mutex_;
  orders orders_;
  std::vector<news> news_;
  std::thread thread_;
};

}  // namespace talaria::console
