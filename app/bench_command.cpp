#include "app/bench_command.hpp"

#include "app/interruption.hpp"
#include "app/server_options.hpp"
#include "bench/load/run_load.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <string>

namespace talaria::app {

namespace {

constexpr int exit_usage = 2;

constexpr auto bench_footer = R"(
Its events are like any others: subscriptions that want their types get them, so use an application,
or types, of their own. It submits over HTTP without TLS; run it beside Talaria, or behind its proxy.

  talaria bench --clients 64                            as fast as they are answered
  talaria bench --rate 200 --duration 60                latency at a steady pace
  talaria bench --batch 100 --event-type a.b,c.d --json

Exit code: 0 if every event was accepted, 1 if not, 2 for options that make no sense. Ctrl-C ends it
early, with a summary.)";

/// Beyond the bound there may be no such number of milliseconds; put so that it refuses what is no
/// number as well.
std::chrono::milliseconds duration_of(double seconds) {
  const std::chrono::duration<double> given{seconds};
  if (!(given >= std::chrono::milliseconds{1} && given <= load::duration_max))
    throw CLI::ValidationError{"--duration",
                               fmt::format("must be from 0.001 to {} seconds",
                                           std::chrono::seconds{load::duration_max}.count())};
  return std::chrono::round<std::chrono::milliseconds>(given);
}

void report(const load::load_progress& now, std::ostream& progress) {
  const std::chrono::duration<double> elapsed = now.elapsed;
  progress << fmt::format("{:4.0f} s  {:9.0f} events/s  {:11} accepted  {:9} errors\n",
                          elapsed.count(), now.events_per_second, now.events_accepted,
                          now.events_failed)
           << std::flush;
}

}  // namespace

void add_bench_options(CLI::App& command, bench_options& into) {
  auto& load = into.load;
  command.footer(bench_footer);
  command.add_option("--url", load.url, "Where Talaria answers")->capture_default_str();
  command
      .add_option("--key", load.api_key,
                  "An API key with the scope ingest; safer in the variable, as others see flags")
      ->envname(key_variable)
      ->required();
  command.add_option("--application", load.application,
                     "Its id; only for keys that are bound to none [the application default]");
  command.add_option("--clients", load.clients, "Connections, each with one request under way")
      ->capture_default_str();
  command.add_option_function<double>(
      "--duration", [&load](double seconds) { load.duration = duration_of(seconds); },
      "Seconds [10]");
  command.add_option_function<double>(
      "--rate", [&load](double rate) { load.events_per_second = rate; },
      "Events a second, over all clients [as fast as they are answered]");
  command.add_option("--batch", load.batch_events, "Events in a request")->capture_default_str();
  command
      .add_option("--event-type", load.event_types,
                  "Repeated, or with commas: request by request, the next one")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  command.add_option("--payload-bytes", load.payload_bytes, "Of each event")->capture_default_str();
  command.add_flag("--json", into.json, "The summary as one JSON object, on stdout");
}

int run_bench(const bench_options& options, std::ostream& summary, std::ostream& progress) {
  const interruption handled;
  auto load = options.load;
  load.interrupted = [] { return interruption::happened(); };
  const auto result =
      load::run_load(load, [&](const load::load_progress& now) { report(now, progress); });
  if (!result) {
    const bool is_usage = !result.error().field.empty();
    progress << fmt::format("talaria bench: {}{}\n",
                            is_usage ? "--" + result.error().field + ": " : "",
                            result.error().detail);
    return is_usage ? exit_usage : EXIT_FAILURE;
  }
  summary << (options.json ? to_json(*result) + "\n" : to_text(*result)) << std::flush;
  return result->clean() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace talaria::app
