#pragma once

#include "domain/delivery.hpp"
#include "domain/event.hpp"
#include "domain/id.hpp"
#include "domain/subscription.hpp"
#include "domain/time.hpp"
#include "persistence/outcome_recorder.hpp"
#include "persistence/queue_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>
#include <vector>

namespace talaria::actors {

/// The part of a subscription's pending deliveries that is held in memory.
///
/// The store has them all; the window has the ones due first, so that a backlog of any size costs
/// the same memory. What does not fit is left to the store and paged in when the window has
/// drained:
///
///     fresh ──► waiting ──take──► in flight ──finished──► recording ──recorded──► gone
///     page  ──►    ▲                  │                        │
///                  └───── aborted ────┘     (a retry due soon waits again; one due later is left
///                                            to the store)
///
/// Deliveries are taken in the order of their due times, as many as are wanted; or, of an ordered
/// subscription, strictly one after the other in the order of their sequence. Then the store alone
/// knows the order, so fresh deliveries come by a page like all others, and the window never holds
/// one without all that come before it.
///
/// An outcome that is being recorded still holds its place: what waits for the store is bounded
/// too. Passive: knows no actors and reads no clock. Not thread-safe.
class delivery_window {
public:
  using event_pointer = std::shared_ptr<const domain::event>;

  struct limits {
    std::size_t deliveries_max = 512;
    std::size_t payload_bytes_max = 4 * 1024 * 1024;
    /// Retries due later than this are not worth their memory until then.
    std::chrono::seconds horizon{30};
    /// A request's outcome or its record that is missing for so long is lost: an actor it depended
    /// on died. The store takes the same outcome twice without harm; an attempt is repeated.
    std::chrono::seconds record_patience{10};
    std::chrono::seconds attempt_patience{90};
  };

  struct taken {
    event_pointer event;
    domain::delivery_progress progress;
    std::optional<std::uint64_t> sequence;
  };

  explicit delivery_window(limits limits) : limits_(limits) {}

  /// What waits is left to the store if this is a change, and so is a page under way.
  ///
  /// @param held Deliveries of events with these priorities stay in the store.
  void set_mode(domain::ordering ordering, domain::priority_set held);

  /// Takes in a delivery that was just committed, or leaves it to the store.
  void add_fresh(event_pointer event);

  /// Something in the store may be due at this time.
  void expect_in_store(domain::timestamp due);

  /// What to ask the store for, if it is time: at most one page is under way.
  /// @returns without the subscription's number.
  std::optional<persistence::pending_query> next_page(domain::timestamp now);
  void page_loaded(const persistence::pending_page& page);
  /// The page is asked for again, not before `retry_at`.
  void page_failed(domain::timestamp retry_at);
  bool page_under_way() const { return page_under_way_; }

  /// The due delivery that is due first, which is in flight from then on.
  std::optional<taken> take(domain::timestamp now);

  /// A delivery as it was taken; nothing if it is not in flight.
  std::optional<taken> find_in_flight(const domain::event_id& event) const;

  /// The attempt was not made or not completed, through no fault of the receiver.
  void aborted(const domain::event_id& event, domain::timestamp due);

  /// An attempt ended: the outcome is on its way to the store.
  void finished(persistence::outcome outcome, domain::timestamp now);

  /// The store has answered for an outcome: its delivery leaves the window, or waits for its retry.
  void recorded(const domain::event_id& event, persistence::record_status status,
                domain::timestamp now);

  /// Takes it out; one that is in flight goes on and finds that it is not pending any more.
  void cancelled(const domain::event_id& event);

  /// Everything that is not in flight or being recorded is left to the store.
  void release_waiting();

  /// Outcomes whose record is overdue: to be sent again.
  std::vector<persistence::outcome> overdue_records(domain::timestamp now);

  /// When to look again: something will be due, in memory or in the store.
  std::optional<domain::timestamp> next_wake() const;

  /// The earliest due time of what is known to be in the store only.
  std::optional<domain::timestamp> next_in_store() const { return next_in_store_; }
  /// When the first that waits may be taken; absent: when something else has ended.
  std::optional<domain::timestamp> next_waiting() const;

  std::size_t size() const { return entries_.size(); }
  std::size_t waiting() const { return waiting_.size(); }
  std::size_t in_flight() const { return in_flight_; }
  std::size_t recording() const { return entries_.size() - waiting_.size() - in_flight_; }
  std::size_t payload_bytes() const { return payload_bytes_; }
  /// Whether an attempt or a record has been under way since before `time`.
  bool busy_since(domain::timestamp time) const;

private:
  enum class phase : std::uint8_t { waiting, in_flight, recording };

  struct entry {
    event_pointer event;
    domain::delivery_progress progress;
    std::optional<std::uint64_t> sequence;
    enum phase phase = phase::waiting;
    /// When the attempt was taken, or its outcome was last sent.
    domain::timestamp since;
    std::optional<persistence::outcome> outcome;
  };
  using entries = std::map<domain::event_id, entry>;

  void note_paged(const persistence::pending_delivery& delivery);
  bool is_in(entries::const_iterator found, enum phase phase) const;
  taken to_taken(const entry& of) const;
  void leave_page_to_store(const persistence::pending_page& page);
  bool is_ordered() const { return ordering_ == domain::ordering::fifo; }
  std::pair<std::int64_t, domain::event_id> rank_of(const entry& waiting) const;
  bool has_room_for(const domain::event& event) const;
  /// Leaves retries that are not due yet to the store, where there are deliveries that are.
  void make_room(domain::timestamp now);
  void insert(const persistence::pending_delivery& delivery);
  void erase(entries::iterator found);
  void wait_again(entries::iterator found);

  limits limits_;
  domain::ordering ordering_ = domain::ordering::parallel;
  domain::priority_set held_;
  entries entries_;
  /// By due time, or by sequence.
  std::set<std::pair<std::int64_t, domain::event_id>> waiting_;
  std::size_t in_flight_ = 0;
  std::size_t payload_bytes_ = 0;

  std::optional<domain::timestamp> next_in_store_;
  bool page_under_way_ = false;
  /// It was asked for in another mode.
  bool page_is_stale_ = false;
  /// Left the window while a page was under way: the page may show them as they were before.
  std::unordered_set<domain::event_id> left_since_page_;

  /// Came by a page before anybody tried them, the oldest first: whoever committed them may say so
  /// later, when they have ended. What is forgotten is told at once or not at all.
  static constexpr std::size_t paged_max = 1'024;
  std::deque<domain::event_id> paged_order_;
  std::unordered_set<domain::event_id> paged_;
};

}  // namespace talaria::actors
