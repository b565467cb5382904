#include "persistence/sqlite/write_turn.hpp"

#include <doctest/doctest.h>

#include <mutex>
#include <thread>
#include <vector>

namespace talaria::persistence::sqlite {

using namespace std::chrono_literals;

TEST_CASE("one thread at a time has the turn") {
  write_turn turn;
  int count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        const std::lock_guard guard{turn};
        ++count;
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  CHECK(count == 4000);
}

TEST_CASE("who waits for the turn for a limited time gets it if it is free, and else gives up") {
  write_turn turn;
  CHECK(turn.try_lock_for(0ms));
  bool had_turn = true;
  std::thread{[&] { had_turn = turn.try_lock_for(1ms); }}.join();
  CHECK_FALSE(had_turn);
  // Who gave up is passed over.
  turn.unlock();
  CHECK(turn.try_lock_for(0ms));
  turn.unlock();
}

TEST_CASE("a thread that comes back at once cannot keep the turn from one that waits") {
  write_turn turn;
  turn.lock();
  bool served = false;
  std::thread waiting{[&] {
    const std::lock_guard guard{turn};
    served = true;
  }};
  // Ends only because the turn is passed on; `served` is read under it.
  for (bool seen = false; !seen;) {
    turn.unlock();
    turn.lock();
    seen = served;
  }
  turn.unlock();
  waiting.join();
  CHECK(served);
}

}  // namespace talaria::persistence::sqlite
