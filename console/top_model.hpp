#pragma once

#include "console/actor.hpp"
#include "console/actor_query.hpp"
#include "console/actor_rates.hpp"
#include "console/cluster_view.hpp"
#include "console/life_event.hpp"
#include "console/transfer.hpp"
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace talaria::console {

struct key_press {
  enum class name : std::uint8_t {
    character,
    up,
    down,
    page_up,
    page_down,
    home,
    enter,
    escape,
    backspace
  };
  name key = name::character;
  /// Printable; of a `character`.
  char character = 0;
};

/// What `talaria top` shows and what its keys do, without terminal, network and clock.
///
///              ┌───── / ─────► filter ── enter, escape ──┐
///     table ◄──┼─────────────────────────────────────────┘
///       │      └── r, u ──► confirm ── y, any other ──► where it came from
///       └─ enter ─► actor ── escape ──► table           help, nodes: any key leads back
///
/// A page is as long as the screen has room; only the page that is shown is asked for. What was
/// shown last stays while the server does not answer.
class top_model {
public:
  using time = actor_rates::time;
  enum class mode : std::uint8_t { table, filter, actor, help, confirm, nodes };

  static constexpr std::size_t events_kept_max = 200;
  static constexpr std::size_t filter_bytes_max = 100;

  /// @param rows How many actors the table has room for; at least one.
  void resize(std::size_t rows);
  void press(const key_press& pressed);

  /// The target to be asked for now, and again and again until it changes.
  std::string question() const;
  /// Whose life is followed; empty: nobody's. A server tells of its own actors alone.
  std::string followed() const {
    return back_to_actor() && query_.node.empty() ? actor_path_ : std::string{};
  }
  /// What was confirmed since the last call.
  std::optional<request> take_action();
  bool ended() const { return ended_; }

  /// Ignores answers to questions that are no longer asked.
  void take_answer(const std::string& question, const domain::result<std::string>& body, time at);
  void take_action_answer(const request& done, const domain::result<std::string>& body);
  /// Keeps those of the actor that is followed.
  void take_event(life_event event);
  /// @param trouble Why events do not come, or empty.
  void take_stream_state(std::string trouble) { stream_trouble_ = std::move(trouble); }

  // What is to be drawn.
  enum mode mode() const { return mode_; }
  /// Of `confirm`, `filter`, `help` and `nodes`: what lies below.
  bool back_to_actor() const { return below_ == mode::actor; }
  const actor_query& query() const { return query_; }
  const std::string& filter() const { return filter_; }
  const std::string& typed() const { return typed_; }
  /// Nothing before the first answer.
  const std::optional<actor_page>& page() const { return page_; }
  /// Of `nodes`. Nothing before the first answer.
  const std::optional<cluster_state>& cluster() const { return cluster_; }
  std::size_t page_number() const { return cursors_.size(); }
  std::size_t selected() const { return selected_; }
  const actor_rates& rates() const { return rates_; }
  /// The actor that is looked at alone; nothing before the first answer.
  const std::optional<actor>& shown() const { return shown_; }
  const std::string& shown_path() const { return actor_path_; }
  std::optional<actor_rate> shown_rate() const { return shown_rates_.find(actor_path_); }
  /// The newest first.
  const std::deque<life_event>& events() const { return events_; }
  const std::string& stream_trouble() const { return stream_trouble_; }
  std::size_t scrolled() const { return scrolled_; }
  /// Why there is no answer; empty while there is one.
  const std::string& trouble() const { return trouble_; }
  /// For how long there has been none.
  std::chrono::milliseconds troubled_for() const { return troubled_for_; }
  /// What became of the last action; until the next key.
  const std::string& notice() const { return notice_; }
  std::string confirmation() const;

private:
  void press_in_table(const key_press& pressed);
  void press_command(char command);
  void press_in_filter(const key_press& pressed);
  void press_in_actor(const key_press& pressed);
  void press_in_confirm(const key_press& pressed);
  /// Keys that do the same for the table and for one actor.
  bool press_anywhere(const key_press& pressed);

  void enter(enum mode next) { mode_ = next; }
  void leave() { mode_ = below_; }
  void ask_to_confirm(std::string action);
  void look_at_selected();
  void look_at_table();

  void apply_filter();
  void clear_filters();
  void sort_by_next();
  /// Asks for the first page of what is wanted now.
  void start_over();
  void to_next_page();
  void to_former_page();
  void move_down();
  void move_up();
  std::string selected_path() const;

  void note_trouble(const domain::error& error, time at);
  void take_page(actor_page page, time at);
  void take_actor(actor looked_at, time at);
  void take_cluster(const std::string& body, time at);

  enum mode mode_ = mode::table;
  /// What `filter`, `help` and `confirm` lead back to: `table` or `actor`.
  enum mode below_ = mode::table;
  bool ended_ = false;

  std::optional<cluster_state> cluster_;
  actor_query query_;
  std::string filter_;
  std::string typed_;
  /// Where each page up to this one begins.
  std::vector<std::string> cursors_{std::string{}};
  std::optional<actor_page> page_;
  std::size_t selected_ = 0;
  /// Once the page is there, its last actor is selected.
  bool select_last_ = false;
  actor_rates rates_;

  std::string actor_path_;
  std::optional<actor> shown_;
  actor_rates shown_rates_;
  std::deque<life_event> events_;
  std::string stream_trouble_;
  std::size_t scrolled_ = 0;

  std::string action_;
  std::string action_path_;
  std::optional<request> confirmed_;
  std::string notice_;

  std::string trouble_;
  std::optional<time> troubled_since_;
  std::chrono::milliseconds troubled_for_{0};
};

}  // namespace talaria::console
