#include "bench/ceilings/ceilings.hpp"
#include "bench/report/report.hpp"
#include "bench/scenarios/scenarios.hpp"
#include "bench/store/postgresql_server.hpp"
#include "posix/temporary_directory.hpp"

#include <CLI/CLI.hpp>
#include <curl/curl.h>
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace talaria::bench;

constexpr int exit_usage = 2;

struct command_line {
  double seconds = 10;
  bool quick = false;
  std::size_t rounds = 1;
  std::string out;
  std::string talaria;
  std::string directory = std::filesystem::temp_directory_path();
  std::string store_url;
  std::string only;
};

/// Empty if there is none.
std::string store_url_fault(const std::string& url) {
  return url.starts_with("postgresql://") ? "" : "must begin with postgresql://";
}

void add_options(CLI::App& command, command_line& given) {
  command.add_option("--seconds", given.seconds, "Length of each measurement [10]")
      ->check(CLI::Range(0.1, 3600.0));
  command.add_flag("--quick", given.quick,
                   "One second for each, and nothing that takes longer: a smoke test");
  command
      .add_option("--rounds", given.rounds, "Measure everything so often; medians are shown [1]")
      ->check(CLI::Range(1, 100));
  command.add_option("--out", given.out, "Directory for benchmark.txt, .json and .csv, and charts");
  command.add_option("--talaria", given.talaria, "The binary to be measured")->required();
  command.add_option("--directory", given.directory, "Where stores are made; on a disk [/tmp]");
  command
      .add_option(
          "--store-url", given.store_url,
          "postgresql://... of a server: Talaria and its ceilings are measured on databases "
          "made there, and dropped [SQLite files]")
      ->check(store_url_fault);
  command.add_option("--only", given.only,
                     "Only the one of this name, or those whose names hold this text");
}

/// Those with the text in their names; the one of that name alone, if there is one.
std::vector<scenario> chosen_scenarios(const settings& settings, const command_line& given) {
  auto chosen = all_ceilings(settings);
  std::ranges::move(all_scenarios(), std::back_inserter(chosen));
  const auto& only = given.only;
  const bool exact = std::ranges::find(chosen, only, &scenario::name) != chosen.end();
  std::erase_if(chosen, [&](const scenario& candidate) {
    if (given.quick && !candidate.quick)
      return true;
    return exact ? candidate.name != only : candidate.name.find(only) == std::string::npos;
  });
  return chosen;
}

figure measure(const scenario& scenario, const settings& settings) {
  fmt::print(stderr, "{} ... ", scenario.name);
  try {
    auto measured = scenario.measure(settings);
    fmt::print(stderr, "{:.0f} {}/s\n", measured.per_second, measured.unit);
    return measured;
  } catch (const std::exception& failure) {
    fmt::print(stderr, "failed: {}\n", failure.what());
    figure failed{.name = scenario.name};
    failed.faults.emplace_back(failure.what());
    return failed;
  }
}

std::string describe_store(const settings& settings) {
  if (settings.postgresql_url.empty())
    return "SQLite, synchronous full";
  return postgresql_server{settings.postgresql_url}.describe();
}

int run(const command_line& given) {
  const std::chrono::duration<double> seconds{given.quick ? 1 : given.seconds};
  const settings settings{.duration = std::chrono::round<std::chrono::milliseconds>(seconds),
                          .talaria = std::filesystem::absolute(given.talaria),
                          .directory = std::filesystem::absolute(given.directory),
                          .postgresql_url = given.store_url};
  const auto scenarios = chosen_scenarios(settings, given);
  if (scenarios.empty())
    throw std::runtime_error(fmt::format("nothing has {:?} in its name", given.only));
  std::vector<figure> figures;
  for (std::size_t round = 1; round <= given.rounds; ++round) {
    fmt::print(stderr, "round {} of {}\n", round, given.rounds);
    for (const auto& scenario : scenarios)
      figures.push_back(measure(scenario, settings));
  }
  const auto summaries = summarize(figures);
  fmt::print("{}", to_table(summaries));
  if (!given.out.empty()) {
    const talaria::posix::temporary_directory probe{settings.directory / "talaria-bench"};
    write_files(given.out, describe_machine(probe.path(), describe_store(settings)), summaries,
                figures);
  }
  const bool good =
      std::ranges::all_of(figures, [](const figure& measured) { return measured.faults.empty(); });
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App command{"Measures Talaria beside what its parts can do by themselves."};
  command_line given;
  add_options(command, given);
  try {
    command.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return command.exit(error) == 0 ? EXIT_SUCCESS : exit_usage;
  }
  try {
    ::signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return run(given);
  } catch (const std::exception& exception) {
    fmt::print(stderr, "benchmark: {}\n", exception.what());
    return EXIT_FAILURE;
  }
}
