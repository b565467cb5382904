#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>

namespace talaria::persistence::sqlite {

/// A mutex that is passed on in the order of arrival.
///
/// SQLite lets writers sleep and try again, in no order: under load one of them can starve. A
/// `std::mutex` is no better, since a writer that releases it and comes back at once usually gets
/// it again.
class write_turn {
public:
  void lock();
  bool try_lock_for(std::chrono::milliseconds wait);
  void unlock();

private:
  struct waiting {
    std::condition_variable called;
    bool has_turn = false;
  };

  std::mutex mutex_;
  bool taken_ = false;
  std::list<waiting*> queue_;
};

}  // namespace talaria::persistence::sqlite
