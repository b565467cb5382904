#include "actors/delivery_window.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <random>
#include <vector>

using namespace talaria;
using namespace std::chrono_literals;
using actors::delivery_window;
using domain::delivery_status;
using persistence::record_status;

namespace {

constexpr domain::timestamp start{std::chrono::seconds{1'800'000'000}};
constexpr domain::subscription_number number{7};

delivery_window::limits small_limits() {
  return {.deliveries_max = 4, .payload_bytes_max = 1000, .horizon = 30s, .record_patience = 10s};
}

struct fixture {
  delivery_window window{small_limits()};
  domain::uuid_sequence ids;
  domain::timestamp now = start;

  delivery_window::event_pointer event(std::size_t payload_bytes = 10) {
    auto made = std::make_shared<domain::event>();
    made->id = ids.next_event_id(now, 0);
    made->payload.assign(payload_bytes, 'x');
    made->received_at = now;
    return made;
  }

  persistence::outcome outcome(const delivery_window::taken& taken, delivery_status status,
                               domain::timestamp due = {}) const {
    persistence::outcome made;
    made.delivery = {taken.event->id, number};
    made.attempt.number = taken.progress.attempts + 1;
    made.run_attempts = taken.progress.run_attempts + 1;
    made.status = status;
    made.due = due;
    return made;
  }

  /// A window in order, with these deliveries loaded, the first of them first.
  void load_in_order(const std::vector<delivery_window::event_pointer>& events) {
    window.set_mode(domain::ordering::fifo, {});
    window.expect_in_store(now);
    REQUIRE(window.next_page(now));
    persistence::pending_page page;
    for (const auto& event : events) {
      page.deliveries.push_back(row(event));
      page.deliveries.back().sequence = page.deliveries.size();
    }
    window.page_loaded(page);
  }

  static persistence::pending_delivery row(const delivery_window::event_pointer& event) {
    return {.event = event,
            .progress = {.attempts = 0, .run_attempts = 0, .due = event->received_at}};
  }
};

}  // namespace

TEST_CASE("a fresh delivery is taken once, and leaves the window when its outcome is recorded") {
  fixture f;
  f.window.add_fresh(f.event());
  const auto taken = f.window.take(f.now);
  REQUIRE(taken);
  CHECK_FALSE(f.window.take(f.now));
  f.window.finished(f.outcome(*taken, delivery_status::delivered), f.now);
  CHECK(f.window.recording() == 1);
  f.window.recorded(taken->event->id, record_status::recorded, f.now);
  CHECK(f.window.size() == 0);
  CHECK(f.window.payload_bytes() == 0);
  CHECK_FALSE(f.window.next_wake());
}

TEST_CASE("deliveries are taken in the order of their due times") {
  fixture f;
  const auto first = f.event();
  f.now += 1s;
  const auto second = f.event();
  f.window.add_fresh(second);
  f.window.add_fresh(first);
  CHECK(f.window.take(f.now)->event == first);
  CHECK(f.window.take(f.now)->event == second);
}

TEST_CASE("one delivery more than the window holds is left to the store") {
  fixture f;
  for (int i = 0; i < 4; ++i)
    f.window.add_fresh(f.event());
  CHECK_FALSE(f.window.next_in_store());
  f.window.add_fresh(f.event());
  CHECK(f.window.size() == 4);
  CHECK(f.window.next_in_store() == f.now);
}

TEST_CASE("payloads past the byte limit are left to the store, but one always fits") {
  fixture f;
  f.window.add_fresh(f.event(5000));
  CHECK(f.window.size() == 1);
  f.window.add_fresh(f.event(1));
  CHECK(f.window.size() == 1);
}

TEST_CASE("behind a backlog in the store a fresh delivery queues up there") {
  fixture f;
  f.window.expect_in_store(f.now);
  f.now += 1s;
  f.window.add_fresh(f.event());
  CHECK(f.window.size() == 0);
  CHECK(f.window.next_in_store() == start);
}

TEST_CASE("no page is asked for while the window is more than half full of work") {
  fixture f;
  for (int i = 0; i < 3; ++i)
    f.window.add_fresh(f.event());
  f.window.expect_in_store(f.now);
  CHECK_FALSE(f.window.next_page(f.now));
  const auto taken = f.window.take(f.now);
  f.window.finished(f.outcome(*taken, delivery_status::delivered), f.now);
  f.window.recorded(taken->event->id, record_status::recorded, f.now);
  CHECK(f.window.next_page(f.now));
}

TEST_CASE("retries that are not due make room for what is due in the store") {
  fixture f;
  for (int i = 0; i < 4; ++i)
    f.window.add_fresh(f.event());
  for (int i = 0; i < 4; ++i) {
    const auto taken = f.window.take(f.now);
    f.window.finished(f.outcome(*taken, delivery_status::pending, f.now + 5s), f.now);
    f.window.recorded(taken->event->id, record_status::recorded, f.now);
  }
  CHECK(f.window.waiting() == 4);
  f.window.expect_in_store(f.now);
  CHECK(f.window.next_page(f.now));
  CHECK(f.window.waiting() == 2);
}

TEST_CASE("at most one page is under way") {
  fixture f;
  f.window.expect_in_store(f.now);
  CHECK(f.window.next_page(f.now));
  f.window.expect_in_store(f.now);
  CHECK_FALSE(f.window.next_page(f.now));
}

TEST_CASE("a page does not bring back what left the window while it was read") {
  fixture f;
  const auto event = f.event();
  f.window.add_fresh(event);
  f.window.expect_in_store(f.now);
  const auto taken = f.window.take(f.now);
  REQUIRE(f.window.next_page(f.now));
  f.window.finished(f.outcome(*taken, delivery_status::delivered), f.now);
  f.window.recorded(event->id, record_status::recorded, f.now);
  f.window.page_loaded({.deliveries = {fixture::row(event)}, .next_due = std::nullopt});
  CHECK(f.window.size() == 0);
}

TEST_CASE("what a page brought and has ended is not taken for fresh when its commit is told late") {
  fixture f;
  const auto event = f.event();
  f.window.expect_in_store(f.now);
  REQUIRE(f.window.next_page(f.now));
  f.window.page_loaded({.deliveries = {fixture::row(event)}, .next_due = std::nullopt});
  const auto taken = f.window.take(f.now);
  REQUIRE(taken);
  f.window.finished(f.outcome(*taken, delivery_status::delivered), f.now);
  f.window.recorded(event->id, record_status::recorded, f.now);
  f.window.add_fresh(event);
  CHECK(f.window.size() == 0);
}

TEST_CASE("a page does not bring back what was cancelled while it was read") {
  fixture f;
  const auto event = f.event();
  f.window.expect_in_store(f.now);
  REQUIRE(f.window.next_page(f.now));
  f.window.cancelled(event->id);
  f.window.page_loaded({.deliveries = {fixture::row(event)}, .next_due = std::nullopt});
  CHECK(f.window.size() == 0);
}

TEST_CASE("a page's rows that the window holds already are not taken twice") {
  fixture f;
  const auto event = f.event();
  f.window.add_fresh(event);
  REQUIRE(f.window.take(f.now));
  f.window.expect_in_store(f.now);
  REQUIRE(f.window.next_page(f.now));
  f.window.page_loaded({.deliveries = {fixture::row(event)}, .next_due = std::nullopt});
  CHECK(f.window.size() == 1);
  CHECK_FALSE(f.window.take(f.now));
}

TEST_CASE("what was left to the store while a page was read is looked for again") {
  fixture f;
  f.window.expect_in_store(f.now);
  REQUIRE(f.window.next_page(f.now));
  f.window.expect_in_store(f.now + 1s);
  f.window.page_loaded({.deliveries = {}, .next_due = f.now + 1h});
  CHECK(f.window.next_in_store() == f.now + 1s);
}

TEST_CASE("a page that failed is asked for again at the time given") {
  fixture f;
  f.window.expect_in_store(f.now);
  REQUIRE(f.window.next_page(f.now));
  f.window.page_failed(f.now + 200ms);
  CHECK_FALSE(f.window.next_page(f.now + 199ms));
  CHECK(f.window.next_page(f.now + 200ms));
}

TEST_CASE("a retry due within the horizon waits in the window, a later one in the store") {
  fixture f;
  for (const auto wait : {30s, 31s}) {
    f.window.add_fresh(f.event());
    const auto taken = f.window.take(f.now);
    f.window.finished(f.outcome(*taken, delivery_status::pending, f.now + wait), f.now);
    f.window.recorded(taken->event->id, record_status::recorded, f.now);
  }
  CHECK(f.window.waiting() == 1);
  CHECK(f.window.next_waiting() == f.now + 30s);
  CHECK(f.window.next_in_store() == f.now + 31s);
  const auto again = f.window.take(f.now + 30s);
  REQUIRE(again);
  CHECK(again->progress.attempts == 1);
  CHECK(again->progress.run_attempts == 1);
}

TEST_CASE("a retry that the store had recorded before is found there, not lost") {
  fixture f;
  f.window.add_fresh(f.event());
  const auto taken = f.window.take(f.now);
  f.window.finished(f.outcome(*taken, delivery_status::pending, f.now + 5s), f.now);
  f.window.recorded(taken->event->id, record_status::not_pending, f.now);
  CHECK(f.window.size() == 0);
  CHECK(f.window.next_in_store() == f.now + 5s);
}

TEST_CASE("an ordered delivery whose end was not recorded is looked for before another is taken") {
  fixture f;
  f.load_in_order({f.event(), f.event()});
  const auto taken = f.window.take(f.now);
  REQUIRE(taken);
  f.window.finished(f.outcome(*taken, delivery_status::delivered), f.now);
  f.window.recorded(taken->event->id, record_status::not_pending, f.now);
  CHECK_FALSE(f.window.take(f.now));
  CHECK(f.window.next_page(f.now));
}

TEST_CASE("an outcome whose record is overdue is sent again, once per patience") {
  fixture f;
  f.window.add_fresh(f.event());
  const auto taken = f.window.take(f.now);
  f.window.finished(f.outcome(*taken, delivery_status::delivered), f.now);
  CHECK(f.window.overdue_records(f.now + 9999ms).empty());
  CHECK(f.window.overdue_records(f.now + 10s).size() == 1);
  CHECK(f.window.overdue_records(f.now + 10s).empty());
}

TEST_CASE("an aborted attempt is due again without counting") {
  fixture f;
  f.window.add_fresh(f.event());
  const auto taken = f.window.take(f.now);
  f.window.aborted(taken->event->id, f.now + 200ms);
  CHECK_FALSE(f.window.take(f.now));
  const auto again = f.window.take(f.now + 200ms);
  REQUIRE(again);
  CHECK(again->progress.attempts == 0);
}

TEST_CASE("releasing leaves only what is under way") {
  fixture f;
  for (int i = 0; i < 3; ++i)
    f.window.add_fresh(f.event());
  REQUIRE(f.window.take(f.now));
  f.window.release_waiting();
  CHECK(f.window.size() == 1);
  CHECK(f.window.in_flight() == 1);
  CHECK(f.window.next_in_store() == start);
}

TEST_CASE("whatever happens in between, every delivery ends once and none is in flight twice") {
  // The store is a map; pages, records and attempts are answered late and in random order.
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    fixture f;
    std::mt19937 random{seed};
    const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    std::map<domain::event_id, persistence::pending_delivery> store;
    std::map<domain::event_id, int> ended;
    std::deque<delivery_window::taken> attempts;
    std::deque<persistence::outcome> records;
    std::optional<persistence::pending_page> page;
    int submitted = 0;

    const auto read_page = [&](const persistence::pending_query& request) {
      std::vector<persistence::pending_delivery> rows;
      for (const auto& [id, row] : store)
        rows.push_back(row);
      std::stable_sort(rows.begin(), rows.end(), [](const auto& left, const auto& right) {
        return left.progress.due < right.progress.due;
      });
      persistence::pending_page read;
      for (const auto& row : rows) {
        if (row.progress.due <= request.until && read.deliveries.size() < request.deliveries_max) {
          read.deliveries.push_back(row);
        } else {
          read.next_due = row.progress.due;
          break;
        }
      }
      return read;
    };

    for (int step = 0; step < 20000 && (submitted < 60 || !store.empty()); ++step) {
      f.now += 100ms;
      if (submitted < 60 && chance(40)) {
        const auto event = f.event();
        store[event->id] = fixture::row(event);
        f.window.add_fresh(event);
        ++submitted;
      }
      while (f.window.in_flight() < 3) {
        auto taken = f.window.take(f.now);
        if (!taken)
          break;
        const auto under_way = [&](const auto& other) { return other.event == taken->event; };
        REQUIRE(std::none_of(attempts.begin(), attempts.end(), under_way));
        REQUIRE(ended[taken->event->id] == 0);
        attempts.push_back(*std::move(taken));
      }
      if (const auto request = f.window.next_page(f.now))
        page = read_page(*request);
      if (!attempts.empty() && chance(50)) {
        std::swap(attempts.front(), attempts[random() % attempts.size()]);
        const auto taken = attempts.front();
        attempts.pop_front();
        const auto outcome = chance(50) ? f.outcome(taken, delivery_status::delivered)
                                        : f.outcome(taken, delivery_status::pending,
                                                    f.now + std::chrono::seconds{random() % 60});
        f.window.finished(outcome, f.now);
        records.push_back(outcome);
      }
      if (!records.empty() && chance(50)) {
        const auto outcome = records.front();
        records.pop_front();
        const auto id = outcome.delivery.event;
        auto status = record_status::not_pending;
        const auto row = store.find(id);
        if (row != store.end() && row->second.progress.attempts + 1 == outcome.attempt.number) {
          status = record_status::recorded;
          row->second.progress = {.attempts = outcome.attempt.number,
                                  .run_attempts = outcome.run_attempts,
                                  .due = outcome.due};
          if (outcome.status == delivery_status::delivered) {
            store.erase(row);
            ++ended[id];
          }
        }
        if (chance(90))
          f.window.recorded(id, status, f.now);
      }
      if (page && chance(50)) {
        f.window.page_loaded(*page);
        page.reset();
      }
      for (const auto& outcome : f.window.overdue_records(f.now))
        records.push_back(outcome);
      REQUIRE(f.window.size() <= 4);
    }
    CHECK(store.empty());
    CHECK(ended.size() == 60);
  }
}

TEST_CASE("in order, the next is taken only after the former was recorded as ended") {
  fixture f;
  f.load_in_order({f.event(), f.event()});
  const auto first = f.window.take(f.now);
  REQUIRE(first);
  CHECK(first->sequence == 1);
  CHECK_FALSE(f.window.take(f.now));
  f.window.finished(f.outcome(*first, delivery_status::delivered), f.now);
  CHECK_FALSE(f.window.take(f.now));
  CHECK_FALSE(f.window.next_wake());
  f.window.recorded(first->event->id, record_status::recorded, f.now);
  CHECK(f.window.take(f.now)->sequence == 2);
}

TEST_CASE("in order, a retry keeps what comes after it waiting") {
  fixture f;
  f.load_in_order({f.event(), f.event()});
  const auto first = f.window.take(f.now);
  f.window.finished(f.outcome(*first, delivery_status::pending, f.now + 5s), f.now);
  f.window.recorded(first->event->id, record_status::recorded, f.now);
  CHECK_FALSE(f.window.take(f.now + 4999ms));
  CHECK(f.window.next_wake() == f.now + 5s);
  CHECK(f.window.take(f.now + 5s)->sequence == 1);
}

TEST_CASE("in order, a retry that is left to the store takes all that waits with it") {
  fixture f;
  f.load_in_order({f.event(), f.event()});
  const auto first = f.window.take(f.now);
  f.window.finished(f.outcome(*first, delivery_status::pending, f.now + 31s), f.now);
  f.window.recorded(first->event->id, record_status::recorded, f.now);
  CHECK(f.window.size() == 0);
  CHECK_FALSE(f.window.take(f.now + 60s));
}

TEST_CASE("in order, fresh deliveries come by a page, which is asked for when nothing waits") {
  fixture f;
  f.load_in_order({f.event(), f.event()});
  f.window.add_fresh(f.event());
  CHECK(f.window.size() == 2);
  CHECK_FALSE(f.window.next_page(f.now));
  REQUIRE(f.window.take(f.now));
  CHECK_FALSE(f.window.next_page(f.now));
}

TEST_CASE("in order, one that has no room keeps out the smaller ones after it") {
  fixture f;
  f.load_in_order({f.event(600), f.event(600), f.event(10)});
  CHECK(f.window.size() == 1);
  CHECK(f.window.next_in_store());
}

TEST_CASE("in order, a page from before a delivery left says nothing of those after it") {
  fixture f;
  const auto event = f.event();
  f.load_in_order({event});
  const auto first = f.window.take(f.now);
  f.window.expect_in_store(f.now);
  REQUIRE(f.window.next_page(f.now));
  f.window.finished(f.outcome(*first, delivery_status::pending, f.now + 1h), f.now);
  f.window.recorded(event->id, record_status::recorded, f.now);
  auto later = fixture::row(f.event());
  later.sequence = 2;
  auto same = fixture::row(event);
  same.sequence = 1;
  f.window.page_loaded({.deliveries = {same, later}, .next_due = std::nullopt});
  CHECK(f.window.size() == 0);
  CHECK(f.window.next_page(f.now));
}

TEST_CASE("a page that was asked for in another mode is left to the store") {
  fixture f;
  f.window.expect_in_store(f.now);
  REQUIRE(f.window.next_page(f.now));
  f.window.set_mode(domain::ordering::fifo, {});
  f.window.page_loaded({.deliveries = {fixture::row(f.event())}, .next_due = std::nullopt});
  CHECK(f.window.size() == 0);
  const auto again = f.window.next_page(f.now);
  REQUIRE(again);
  CHECK(again->ordering == domain::ordering::fifo);
}

TEST_CASE("deliveries of priorities that are held stay in the store, and are asked for later") {
  fixture f;
  domain::priority_set held;
  held.insert(domain::priority::normal);
  f.window.add_fresh(f.event());
  f.window.set_mode(domain::ordering::parallel, held);
  CHECK(f.window.size() == 0);
  f.window.add_fresh(f.event());
  CHECK(f.window.size() == 0);
  const auto wanted = f.window.next_page(f.now);
  REQUIRE(wanted);
  CHECK(wanted->held == held);
  f.window.page_loaded({});
  CHECK_FALSE(f.window.next_wake());
}

TEST_CASE("in order, whatever happens in between, each is taken after all before it have ended") {
  // As above; besides, attempts are aborted, what waits is released, and deliveries are cancelled.
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    fixture f;
    f.window.set_mode(domain::ordering::fifo, {});
    std::mt19937 random{seed};
    const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    std::map<std::uint64_t, persistence::pending_delivery> store;
    std::optional<delivery_window::taken> attempt;
    std::deque<persistence::outcome> records;
    std::optional<persistence::pending_page> page;
    std::uint64_t submitted = 0;

    const auto find = [&](const domain::event_id& id) {
      return std::find_if(store.begin(), store.end(),
                          [&](const auto& row) { return row.second.event->id == id; });
    };
    const auto read_page = [&](const persistence::pending_query& request) {
      persistence::pending_page read;
      for (const auto& [sequence, row] : store) {
        const bool waits = read.deliveries.empty() && row.progress.due > request.until;
        if (waits || read.deliveries.size() == request.deliveries_max) {
          read.next_due = row.progress.due;
          break;
        }
        read.deliveries.push_back(row);
      }
      return read;
    };

    for (int step = 0; step < 40000 && (submitted < 60 || !store.empty()); ++step) {
      f.now += 100ms;
      if (submitted < 60 && chance(40)) {
        const auto event = f.event(chance(20) ? 700 : 10);
        store[++submitted] = fixture::row(event);
        store[submitted].sequence = submitted;
        f.window.add_fresh(event);
      }
      if (auto taken = f.window.take(f.now)) {
        REQUIRE_FALSE(attempt);
        REQUIRE(find(taken->event->id) == store.begin());
        REQUIRE(taken->sequence == store.begin()->first);
        attempt = *std::move(taken);
      }
      if (const auto request = f.window.next_page(f.now))
        page = read_page(*request);
      if (attempt && chance(50)) {
        const auto outcome = chance(50) ? f.outcome(*attempt, delivery_status::delivered)
                                        : f.outcome(*attempt, delivery_status::pending,
                                                    f.now + std::chrono::seconds{random() % 60});
        if (chance(10)) {
          f.window.aborted(attempt->event->id, f.now + 200ms);
        } else {
          f.window.finished(outcome, f.now);
          records.push_back(outcome);
        }
        attempt.reset();
      }
      if (!records.empty() && chance(50)) {
        const auto outcome = records.front();
        records.pop_front();
        const auto row = find(outcome.delivery.event);
        auto status = record_status::not_pending;
        if (row != store.end() && row->second.progress.attempts + 1 == outcome.attempt.number) {
          status = record_status::recorded;
          row->second.progress = {.attempts = outcome.attempt.number,
                                  .run_attempts = outcome.run_attempts,
                                  .due = outcome.due};
          if (outcome.status == delivery_status::delivered)
            store.erase(row);
        }
        if (chance(90))
          f.window.recorded(outcome.delivery.event, status, f.now);
      }
      if (page && chance(50)) {
        if (chance(10))
          f.window.page_failed(f.now + 200ms);
        else
          f.window.page_loaded(*page);
        page.reset();
      }
      if (chance(3))
        f.window.release_waiting();
      if (!store.empty() && chance(2)) {
        const auto row = std::next(store.begin(), static_cast<int>(random() % store.size()));
        const auto id = row->second.event->id;
        if (!attempt || attempt->event->id != id) {
          store.erase(row);
          f.window.cancelled(id);
        }
      }
      for (const auto& outcome : f.window.overdue_records(f.now))
        records.push_back(outcome);
    }
    CHECK(store.empty());
  }
}
