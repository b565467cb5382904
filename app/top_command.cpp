#include "app/top_command.hpp"

#include "app/interruption.hpp"
#include "app/server_options.hpp"

#include <fmt/format.h>

#include "console/actor_query.hpp"
#include "console/terminal.hpp"
#include "console/top_model.hpp"
#include "console/top_view.hpp"
#include "console/transfer.hpp"
#include "console/watcher.hpp"
#include <cstdlib>
#include <stdexcept>

namespace talaria::app {

namespace {

constexpr auto top_footer = R"(
The key needs the scope admin, of the organization that runs the installation. `h` shows the keys. For
scripts, `talaria actors` prints the same once.

Exit code: 0, 1 without a terminal or if the server refuses at the start, 2 for options that make no
sense.)";

/// Beyond the bounds there may be no such number of milliseconds; put so that it refuses what is no
/// number as well.
std::chrono::milliseconds interval_of(double seconds) {
  const std::chrono::duration<double> given{seconds};
  if (!(given >= top_interval_min && given <= top_interval_max))
    throw CLI::ValidationError{"--interval", "must be from 0.1 to 3600 seconds"};
  return std::chrono::round<std::chrono::milliseconds>(given);
}

int complain(const std::string& why, std::ostream& complaints) {
  complaints << fmt::format("talaria top: {}\n", why);
  return EXIT_FAILURE;
}

class live_view {
public:
  explicit live_view(const top_options& options)
      : server_(options.server.url), watcher_(options.server, options.interval) {}

  void run() {
    while (!model_.ended() && !interruption::happened()) {
      take_keys();
      for (auto& one : watcher_.take())
        std::visit([this](auto& news) { take(news); }, one);
      model_.resize(console::table_rows(terminal_.height()));
      order();
      terminal_.show(console::draw(model_, server_, terminal_.width(), terminal_.height()));
      terminal_.wait(watcher_.readable());
    }
  }

private:
  void take_keys() {
    while (const auto pressed = terminal_.read_key()) {
      model_.press(*pressed);
      order_action();
    }
  }

  void take(const console::answered& news) {
    model_.take_answer(news.question, news.body, news.at);
  }
  void take(const console::acted& news) { model_.take_action_answer(news.done, news.body); }
  void take(console::life_event& news) { model_.take_event(std::move(news)); }
  void take(console::stream_state& news) { model_.take_stream_state(std::move(news.trouble)); }

  void order_action() {
    if (auto action = model_.take_action())
      watcher_.act(std::move(*action));
  }

  void order() {
    watcher_.ask(model_.question());
    watcher_.follow(!model_.followed().empty());
  }

  std::string server_;
  console::top_model model_;
  console::watcher watcher_;
  console::terminal terminal_;
};

}  // namespace

void add_top_options(CLI::App& command, top_options& into) {
  command.footer(top_footer);
  add_server_options(command, into.server, "admin");
  command.add_option_function<double>(
      "--interval", [&into](double seconds) { into.interval = interval_of(seconds); },
      "Seconds between two looks [2]");
}

int run_top(const top_options& options, std::ostream& complaints) {
  // What will be refused for ever is better said before the screen is taken.
  console::actor_query any;
  any.limit = 1;
  const auto first = console::call(options.server, {"GET", console::list_target(any)});
  if (!first)
    return complain(first.error().detail, complaints);
  const interruption noted;
  try {
    live_view{options}.run();
  } catch (const std::runtime_error& error) {
    return complain(error.what(), complaints);
  }
  return EXIT_SUCCESS;
}

}  // namespace talaria::app
