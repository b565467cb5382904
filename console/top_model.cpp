#include "console/top_model.hpp"

#include <fmt/format.h>

#include "console/text.hpp"
#include <algorithm>

namespace talaria::console {

namespace {

using key = key_press::name;

constexpr std::string_view kind_filter = "kind=";
constexpr std::string_view node_filter = "node=";

bool is_character(const key_press& pressed, std::string_view characters) {
  return pressed.key == key::character &&
         characters.find(pressed.character) != std::string_view::npos;
}

}  // namespace

void top_model::resize(std::size_t rows) {
  const auto limit = std::clamp(rows, std::size_t{1}, actors_listed_max);
  if (limit == query_.limit)
    return;
  query_.limit = limit;
  start_over();
}

void top_model::press(const key_press& pressed) {
  notice_.clear();
  switch (mode_) {
    case mode::table:
      return press_in_table(pressed);
    case mode::filter:
      return press_in_filter(pressed);
    case mode::actor:
      return press_in_actor(pressed);
    case mode::confirm:
      return press_in_confirm(pressed);
    case mode::help:
    case mode::nodes:
      return leave();
  }
}

bool top_model::press_anywhere(const key_press& pressed) {
  if (is_character(pressed, "h?"))
    enter(mode::help);
  else if (is_character(pressed, "r"))
    ask_to_confirm("restart");
  else if (is_character(pressed, "u"))
    ask_to_confirm("release");
  else if (is_character(pressed, "Q"))
    ended_ = true;
  else
    return false;
  return true;
}

void top_model::press_in_table(const key_press& pressed) {
  if (press_anywhere(pressed))
    return;
  switch (pressed.key) {
    case key::character:
      return press_command(pressed.character);
    case key::up:
      return move_up();
    case key::down:
      return move_down();
    case key::page_up:
      return to_former_page();
    case key::page_down:
      return to_next_page();
    case key::home:
      return start_over();
    case key::enter:
      return look_at_selected();
    case key::escape:
      return clear_filters();
    case key::backspace:
      return;
  }
}

void top_model::press_command(char command) {
  const auto toggle = [this](std::string& filter, const char* value) {
    filter = filter.empty() ? value : "";
    start_over();
  };
  if (command == 's')
    sort_by_next();
  else if (command == 'b')
    toggle(query_.breaker, "open");
  else if (command == 'q')
    toggle(query_.state, "quarantined");
  else if (command == 'k')
    move_up();
  else if (command == 'j')
    move_down();
  else if (command == 'n')
    enter(mode::nodes);
  else if (command == '/') {
    typed_ = filter_;
    enter(mode::filter);
  }
}

void top_model::press_in_filter(const key_press& pressed) {
  if (pressed.key == key::escape) {
    leave();
  } else if (pressed.key == key::enter) {
    filter_ = typed_;
    apply_filter();
    leave();
  } else if (pressed.key == key::backspace && !typed_.empty()) {
    typed_.pop_back();
  } else if (pressed.key == key::character && typed_.size() < filter_bytes_max) {
    typed_ += pressed.character;
  }
}

void top_model::press_in_actor(const key_press& pressed) {
  if (press_anywhere(pressed))
    return;
  const bool down = pressed.key == key::down || is_character(pressed, "j");
  const bool up = pressed.key == key::up || is_character(pressed, "k");
  if (pressed.key == key::escape || pressed.key == key::backspace)
    look_at_table();
  else if (down || pressed.key == key::page_down)
    scrolled_ += down ? 1 : query_.limit;
  else if (up || pressed.key == key::page_up)
    scrolled_ -= std::min(scrolled_, up ? std::size_t{1} : query_.limit);
  else if (pressed.key == key::home)
    scrolled_ = 0;
}

void top_model::press_in_confirm(const key_press& pressed) {
  if (is_character(pressed, "y"))
    confirmed_ = request{"POST", actor_target(action_path_, action_, query_.node)};
  leave();
}

void top_model::ask_to_confirm(std::string action) {
  // Kept by its path: the selection may be another's before the answer comes.
  action_path_ = back_to_actor() ? actor_path_ : selected_path();
  action_ = std::move(action);
  if (!action_path_.empty())
    enter(mode::confirm);
}

std::string top_model::confirmation() const {
  const auto of_node = query_.node.empty() ? std::string{} : " of node " + printable(query_.node);
  return fmt::format("{} {}{}? y: yes, any other key: no", action_, action_path_, of_node);
}

std::optional<request> top_model::take_action() {
  return std::exchange(confirmed_, std::nullopt);
}

void top_model::look_at_selected() {
  actor_path_ = selected_path();
  if (actor_path_.empty())
    return;
  shown_ = page_->actors[selected_];
  shown_rates_.forget();
  events_.clear();
  scrolled_ = 0;
  mode_ = below_ = mode::actor;
}

void top_model::look_at_table() {
  mode_ = below_ = mode::table;
}

void top_model::apply_filter() {
  const bool of_kind = filter_.starts_with(kind_filter);
  const bool of_node = filter_.starts_with(node_filter);
  query_.kind = of_kind ? filter_.substr(kind_filter.size()) : "";
  query_.node = of_node ? filter_.substr(node_filter.size()) : "";
  query_.path = of_kind || of_node ? "" : filter_;
  start_over();
}

void top_model::clear_filters() {
  filter_.clear();
  query_.breaker.clear();
  query_.state.clear();
  apply_filter();
}

void top_model::sort_by_next() {
  const auto* now = std::find(actor_sorts.begin(), actor_sorts.end(), query_.sort);
  const bool is_last = now == actor_sorts.end() - 1;
  // Unset stands for the path.
  query_.sort = now == actor_sorts.end() ? actor_sorts[1] : is_last ? "" : *(now + 1);
  start_over();
}

void top_model::start_over() {
  cursors_.assign(1, {});
  query_.cursor.clear();
  selected_ = 0;
  select_last_ = false;
}

void top_model::to_next_page() {
  // Until the page is there, its end is not known.
  if (!page_ || page_->next_cursor.empty() || page_->next_cursor == cursors_.back())
    return;
  cursors_.push_back(page_->next_cursor);
  query_.cursor = cursors_.back();
  selected_ = 0;
}

void top_model::to_former_page() {
  if (cursors_.size() == 1) {
    selected_ = 0;
    return;
  }
  cursors_.pop_back();
  query_.cursor = cursors_.back();
}

void top_model::move_down() {
  if (!page_)
    return;
  if (selected_ + 1 < page_->actors.size())
    ++selected_;
  else
    to_next_page();
}

void top_model::move_up() {
  if (selected_ > 0) {
    --selected_;
  } else if (cursors_.size() > 1) {
    select_last_ = true;
    to_former_page();
  }
}

std::string top_model::selected_path() const {
  return page_ && selected_ < page_->actors.size() ? page_->actors[selected_].path : std::string{};
}

std::string top_model::question() const {
  if (mode_ == mode::nodes)
    return std::string{cluster_target};
  return back_to_actor() ? actor_target(actor_path_, {}, query_.node) : list_target(query_);
}

void top_model::take_answer(const std::string& question, const domain::result<std::string>& body,
                            time at) {
  if (question != this->question())
    return;
  if (!body) {
    // It may be the cursor that the server does not take any more.
    if (body.error().code == domain::ec::invalid_value)
      start_over();
    return note_trouble(body.error(), at);
  }
  trouble_.clear();
  troubled_since_.reset();
  if (mode_ == mode::nodes)
    return take_cluster(*body, at);
  if (back_to_actor()) {
    const auto looked_at = read_actor(*body);
    return looked_at ? take_actor(*looked_at, at) : note_trouble(looked_at.error(), at);
  }
  auto page = read_actor_page(*body);
  return page ? take_page(std::move(*page), at) : note_trouble(page.error(), at);
}

void top_model::note_trouble(const domain::error& error, time at) {
  trouble_ = error.detail;
  if (!troubled_since_)
    troubled_since_ = at;
  troubled_for_ = std::chrono::floor<std::chrono::milliseconds>(at - *troubled_since_);
}

void top_model::take_page(actor_page page, time at) {
  // The actors of this page may have ended meanwhile.
  if (page.actors.empty() && cursors_.size() > 1)
    return start_over();
  const auto former = select_last_ ? std::string{} : selected_path();
  rates_.take(page, at);
  page_ = std::move(page);
  const auto& actors = page_->actors;
  const auto same = std::find_if(actors.begin(), actors.end(),
                                 [&](const actor& one) { return one.path == former; });
  const auto last = actors.empty() ? 0 : actors.size() - 1;
  if (same != actors.end())
    selected_ = static_cast<std::size_t>(same - actors.begin());
  else
    selected_ = select_last_ ? last : std::min(selected_, last);
  select_last_ = false;
}

void top_model::take_actor(actor looked_at, time at) {
  actor_page alone;
  alone.actors.push_back(looked_at);
  shown_rates_.take(alone, at);
  shown_ = std::move(looked_at);
}

void top_model::take_cluster(const std::string& body, time at) {
  auto seen = read_cluster(body);
  if (!seen)
    return note_trouble(seen.error(), at);
  cluster_ = *std::move(seen);
}

void top_model::take_action_answer(const request& done, const domain::result<std::string>& body) {
  const auto path = std::string_view{done.target}.substr(0, done.target.find('?'));
  notice_ = fmt::format("{}: {}", printable(path.substr(path.rfind('/') + 1)),
                        body ? "asked for" : body.error().detail);
}

void top_model::take_event(life_event event) {
  if (event.path != followed())
    return;
  events_.push_front(std::move(event));
  if (events_.size() > events_kept_max)
    events_.pop_back();
}

}  // namespace talaria::console
