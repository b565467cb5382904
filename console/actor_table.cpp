#include "console/actor_table.hpp"

#include <fmt/format.h>

#include "console/text.hpp"
#include <algorithm>

namespace talaria::console {

namespace {

using rate = std::optional<actor_rate>;

/// A path that is cut shorter tells nothing.
constexpr std::size_t path_width_min = 20;
constexpr std::string_view unknown = "-";

std::string or_unknown(const std::optional<std::uint64_t>& count) {
  return count ? compact(*count) : std::string{unknown};
}

/// Nothing for what is not known.
std::string exact(const std::optional<std::uint64_t>& count) {
  return count ? fmt::format("{}", *count) : std::string{};
}

std::string to_milliseconds(std::chrono::microseconds duration) {
  return fmt::format("{} ms", duration.count() / 1000);
}

std::string uptime(const actor& shown, const rate&) {
  return shown.uptime ? compact(*shown.uptime) : std::string{unknown};
}

std::string messages_per_second(const actor&, const rate& measured) {
  return measured ? compact(measured->messages_per_second) : std::string{unknown};
}

std::string busy_percent(const actor&, const rate& measured) {
  return measured ? compact(100 * measured->busy_fraction) : std::string{unknown};
}

std::string breaker(const actor& shown, const rate&) {
  const auto* state = shown.find_detail("breaker");
  return state == nullptr ? std::string{unknown} : *state;
}

std::string aligned(const std::string& text, std::size_t width, bool to_the_left) {
  return to_the_left ? fmt::format("{:<{}}", cut_end(text, width), width)
                     : fmt::format("{:>{}}", cut_end(text, width), width);
}

std::string without_trailing_spaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::vector<actor_table::column> actor_table::all_columns(looks taken) {
  std::vector<column> columns{
      {"STATE", 11, true, 0, [](const actor& shown, const rate&) { return shown.state; }},
      {"UPTIME", 6, false, 5, uptime},
      {"MAILBOX", 7, false, 1,
       [](const actor& shown, const rate&) { return compact(shown.mailbox_depth); }},
      {"PENDING", 7, false, 2,
       [](const actor& shown, const rate&) { return or_unknown(shown.count_of("pending")); }},
      {"HANDLED", 7, false, 8,
       [](const actor& shown, const rate&) { return compact(shown.messages_handled); }},
      {"MSG/S", 6, false, 4, messages_per_second},
      {"BUSY%", 5, false, 7, busy_percent},
      {"FAILS", 5, false, 3,
       [](const actor& shown, const rate&) { return or_unknown(shown.failures); }},
      {"RESTARTS", 8, false, 6,
       [](const actor& shown, const rate&) { return compact(shown.restarts); }},
      {"BREAKER", 9, true, 2, breaker},
  };
  if (taken == looks::one)
    std::erase_if(columns, [](const column& one) {
      return one.text == &messages_per_second || one.text == &busy_percent;
    });
  return columns;
}

std::size_t actor_table::columns_width() const {
  std::size_t width = 0;
  for (const auto& column : columns_)
    width += 1 + column.width;
  return width;
}

actor_table::actor_table(std::size_t width, looks taken) : columns_(all_columns(taken)) {
  const auto less_needed = [](const column& left, const column& right) {
    return left.expendable < right.expendable;
  };
  while (columns_.size() > 1 && columns_width() + path_width_min > width)
    columns_.erase(std::max_element(columns_.begin(), columns_.end(), less_needed));
  path_width_ = std::max(path_width_min, width - std::min(width, columns_width()));
}

std::string actor_table::heading() const {
  auto line = aligned("PATH", path_width_, true);
  for (const auto& column : columns_)
    line += " " + aligned(std::string{column.heading}, column.width, column.to_the_left);
  return without_trailing_spaces(line);
}

std::string actor_table::line(const actor& shown, const rate& measured) const {
  auto line = aligned(cut_start(shown.path, path_width_), path_width_, true);
  for (const auto& column : columns_)
    line += " " + aligned(column.text(shown, measured), column.width, column.to_the_left);
  return without_trailing_spaces(line);
}

std::size_t actor_table::full_width(const std::vector<actor>& actors, looks taken) {
  auto path_width = path_width_min;
  for (const auto& actor : actors)
    path_width = std::max(path_width, actor.path.size());
  actor_table table{0, taken};
  table.columns_ = all_columns(taken);
  return path_width + table.columns_width();
}

std::vector<std::string> describe(const actor& shown, const rate& measured) {
  std::vector<std::string> lines;
  const auto add = [&](std::string_view name, const std::string& text) {
    if (!text.empty())
      lines.push_back(fmt::format("{:<18} {}", name, text));
  };
  add("path", shown.path);
  add("kind", shown.kind);
  add("state", shown.state);
  add("started", shown.started_at);
  add("uptime", shown.uptime ? compact(*shown.uptime) : "");
  add("messages handled", fmt::format("{}", shown.messages_handled));
  add("messages/s", measured ? compact(measured->messages_per_second) : "");
  add("busy", to_milliseconds(shown.busy));
  add("busy %", measured ? compact(100 * measured->busy_fraction) : "");
  add("handling for", shown.handling.count() == 0 ? "" : to_milliseconds(shown.handling));
  add("slow messages", exact(shown.slow_messages));
  add("dead letters", exact(shown.dead_letters));
  add("mailbox", fmt::format("{}", shown.mailbox_depth));
  add("restarts", fmt::format("{}", shown.restarts));
  add("failures", exact(shown.failures));
  add("last failure", shown.last_failure);
  add("last failure at", shown.last_failure_at);
  add("subscription", shown.subscription_id);
  add("application", shown.application_id);
  for (const auto& [name, text] : shown.details)
    add(name, text);
  return lines;
}

}  // namespace talaria::console
