#include "console/top_view.hpp"

#include <fmt/format.h>

#include "console/actor_table.hpp"
#include "console/text.hpp"
#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace talaria::console {

namespace {

using mode = enum top_model::mode;

/// Title, states, breakers, rates; the table has a heading of its own.
constexpr std::size_t header_rows = 4;
constexpr std::size_t status_rows = 1;
constexpr std::size_t label_width = 10;

constexpr std::array<std::string_view, 19> help_text{
    "up, down, j, k       select an actor, and go on to the next page",
    "page up, page down   the page before or after; home: the first",
    "enter                all about the selected actor, and what happens to it",
    "escape               back; in the table: no filters",
    "",
    "s                    sort by: path, mailbox, pending, restarts, failures, busy",
    "/                    filter by a part of the path, or by kind=subscription;",
    "                     node=NAME: the actors of another node",
    "n                    the nodes of the cluster",
    "b                    open circuit breakers only",
    "q                    quarantined only",
    "",
    "r                    restart the actor: it begins anew from the store",
    "u                    release the actor from quarantine",
    "Q, control-C         quit",
    "",
    "MSG/S and BUSY% are measured between two looks. MAILBOX counts messages that",
    "wait for the actor, PENDING deliveries that wait for their time.",
    "Any key leads back.",
};

style style_of(std::string_view state) {
  if (state == "running" || state == "closed")
    return style::plain;
  return state == "quarantined" || state == "open" ? style::bad : style::warning;
}

style style_of(const actor& shown) {
  const auto* breaker = shown.find_detail("breaker");
  const auto of_state = style_of(shown.state);
  return of_state != style::plain || breaker == nullptr ? of_state : style_of(*breaker);
}

void draw_counts(screen& on, std::size_t row, std::string_view label, const named_counts& counts) {
  on.put(row, 0, label, style::faint);
  std::size_t column = label_width;
  for (const auto& [name, count] : counts) {
    const auto look = count == 0 ? style::faint : style_of(name);
    column = on.put(row, column, fmt::format("{} {}", compact(count), name), look) + 2;
  }
}

/// What the page's actors counted, where the server does not say it of all.
std::uint64_t failures_of(const actor_page& page) {
  std::uint64_t sum = 0;
  for (const auto& actor : page.actors)
    sum += actor.failures.value_or(0);
  return page.failures.value_or(sum);
}

void draw_rates(screen& on, const top_model& model, std::size_t row) {
  on.put(row, 0, "rates", style::faint);
  const auto measured = model.rates().messages_per_second();
  const auto failures = failures_of(*model.page());
  const auto column =
      on.put(row, label_width, measured ? compact(*measured) + " messages/s" : "- messages/s") + 2;
  on.put(row, column, compact(failures) + " failures",
         failures == 0 ? style::faint : style::warning);
}

void draw_title(screen& on, const top_model& model, const std::string& server) {
  auto column = on.put(0, 0, "talaria top", style::strong);
  column = on.put(0, column + 2, printable(server));
  if (!model.page())
    return;
  column = on.put(0, column + 2, fmt::format("{} actors", model.page()->total), style::strong);
  if (model.page_number() > 1)
    on.put(0, column + 2, fmt::format("page {}", model.page_number()));
}

void draw_header(screen& on, const top_model& model, const std::string& server) {
  draw_title(on, model, server);
  if (!model.page())
    return;
  draw_counts(on, 1, "states", model.page()->states);
  draw_counts(on, 2, "breakers", model.page()->breakers);
  draw_rates(on, model, 3);
}

void draw_table(screen& on, const top_model& model) {
  const actor_table table{on.width(), actor_table::looks::repeated};
  on.fill(header_rows, table.heading(), style::heading);
  if (!model.page())
    return;
  const auto& actors = model.page()->actors;
  const auto room = std::min(actors.size(), table_rows(on.height()));
  for (std::size_t index = 0; index < room; ++index) {
    const auto& actor = actors[index];
    const auto look = index == model.selected() ? style::selected : style_of(actor);
    on.fill(header_rows + 1 + index, table.line(actor, model.rates().find(actor.path)), look);
  }
}

std::string line_of(const life_event& event) {
  return fmt::format("{}  {:<12} {}", event.at, event.what, event.detail);
}

std::string title_of_events(const top_model& model) {
  if (model.followed().empty())
    return "what happens is told by its own node alone";
  return model.stream_trouble().empty() ? "what happened while it was looked at, the newest first:"
                                        : "what happens is not known: " + model.stream_trouble();
}

std::vector<std::string> lines_of_actor(const top_model& model) {
  std::vector<std::string> lines;
  if (model.shown())
    lines = describe(*model.shown(), model.shown_rate());
  lines.emplace_back();
  lines.push_back(title_of_events(model));
  for (const auto& event : model.events())
    lines.push_back(line_of(event));
  return lines;
}

void draw_actor(screen& on, const top_model& model) {
  const auto lines = lines_of_actor(model);
  const auto from = std::min(model.scrolled(), lines.size() - 1);
  on.fill(0, cut_start(model.shown_path(), on.width()), style::heading);
  const auto rows = on.height() - std::min(on.height(), 1 + status_rows);
  for (std::size_t row = 0; row < rows && from + row < lines.size(); ++row)
    on.put(1 + row, 0, cut_end(lines[from + row], on.width()));
}

void draw_nodes(screen& on, const top_model& model) {
  if (!model.cluster())
    return;
  const auto lines = to_table(*model.cluster());
  on.fill(0, lines.front(), style::heading);
  for (std::size_t row = 1; row < lines.size() && row + status_rows < on.height(); ++row)
    on.put(row, 0, cut_end(lines[row], on.width()));
}

void draw_help(screen& on) {
  on.fill(0, "talaria top: keys", style::heading);
  for (std::size_t row = 0; row < help_text.size(); ++row)
    on.put(2 + row, 0, help_text[row]);
}

std::string filters_of(const top_model& model) {
  const auto& query = model.query();
  auto text = fmt::format("sort: {}", query.sort.empty() ? "path" : query.sort);
  if (!model.filter().empty())
    text += "  filter: " + model.filter();
  if (!query.breaker.empty())
    text += "  breaker: " + query.breaker;
  if (!query.state.empty())
    text += "  state: " + query.state;
  return text;
}

std::string keys_of(const top_model& model) {
  if (model.mode() == mode::nodes)
    return "any key: back";
  return model.back_to_actor() ? "escape: back  r: restart  u: release  h: help"
                               : filters_of(model) + "  |  h: help  Q: quit";
}

std::string trouble_of(const top_model& model) {
  return fmt::format("no answer for {}, trying on: {}", compact(model.troubled_for()),
                     model.trouble());
}

void draw_status(screen& on, const top_model& model) {
  const auto row = on.height() - 1;
  if (model.mode() == mode::filter)
    on.fill(row, "/" + model.typed() + "_", style::strong);
  else if (model.mode() == mode::confirm)
    on.fill(row, cut_end(model.confirmation(), on.width()), style::warning);
  else if (!model.notice().empty())
    on.fill(row, cut_end(model.notice(), on.width()), style::strong);
  else if (!model.trouble().empty())
    on.fill(row, cut_end(trouble_of(model), on.width()), style::bad);
  else if (!model.page())
    on.fill(row, "asking ...", style::faint);
  else
    on.fill(row, cut_end(keys_of(model), on.width()), style::faint);
}

}  // namespace

std::size_t table_rows(std::size_t height) {
  constexpr auto others = header_rows + 1 + status_rows;
  return height > others ? height - others : 1;
}

screen draw(const top_model& model, const std::string& server, std::size_t width,
            std::size_t height) {
  screen drawn{width, height};
  if (model.mode() == mode::help) {
    draw_help(drawn);
    return drawn;
  }
  if (model.mode() == mode::nodes) {
    draw_nodes(drawn, model);
  } else if (model.back_to_actor()) {
    draw_actor(drawn, model);
  } else {
    draw_header(drawn, model, server);
    draw_table(drawn, model);
  }
  if (height > 0)
    draw_status(drawn, model);
  return drawn;
}

}  // namespace talaria::console
