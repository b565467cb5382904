#pragma once

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace talaria::http {

struct executor_options {
  std::size_t threads = 4;
  /// Tasks that wait for a thread; further ones are refused.
  std::size_t queue_max = 1024;
};

/// Threads for what blocks, each with a context of its own that its tasks may use.
template <class Context>
class executor {
public:
  using task = std::function<void(Context&)>;

  /// @param make_context Called on each thread before its first task.
  executor(executor_options options, std::function<Context()> make_context)
      : queue_max_(options.queue_max) {
    for (std::size_t index = 0; index < options.threads; ++index) {
      threads_.emplace_back([this, make_context] { run(make_context); });
    }
  }
  executor(const executor&) = delete;
  executor& operator=(const executor&) = delete;
  /// As `stop`.
  ~executor() { stop(); }

  /// Any thread; does not block. @returns false if the queue is full.
  /// @param added Must not throw.
  bool post(task added) {
    {
      const std::scoped_lock lock(mutex_);
      if (stopping_ || waiting_.size() >= queue_max_) {
        return false;
      }
      waiting_.push_back(std::move(added));
    }
    wake_.notify_one();
    return true;
  }

  bool has_waiting() const {
    const std::scoped_lock lock(mutex_);
    return !waiting_.empty();
  }

  /// Ends the tasks under way, drops those that wait, and joins. Idempotent.
  void stop() {
    std::deque<task> dropped;
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
      dropped.swap(waiting_);
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) {
      if (thread.joinable()) {
        thread.join();
      }
    }
  }

private:
  void run(const std::function<Context()>& make_context) {
    Context context = make_context();
    while (true) {
      task next;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) {
          return;
        }
        next = std::move(waiting_.front());
        waiting_.pop_front();
      }
      try {
        next(context);
      } catch (const std::exception& thrown) {
        // What the task held is gone with it: a responder then answers 503.
        spdlog::error("http: a task failed: {}", thrown.what());
      }
    }
  }

  const std::size_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<task> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace talaria::http
