#pragma once

#include "bench/load/latency_histogram.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace talaria::load {

struct load_report {
  /// From the first request to the last answer.
  std::chrono::nanoseconds elapsed{0};
  std::uint64_t requests_answered = 0;
  /// Those of requests that were answered 202.
  std::uint64_t events_accepted = 0;
  /// Those of requests that were answered in any other way.
  std::uint64_t events_refused = 0;
  /// Without an answer: whether they were accepted is unknown.
  std::uint64_t events_unanswered = 0;
  /// At a set rate: due before the end, when every client still waited for an answer.
  std::uint64_t events_not_submitted = 0;
  /// Connections that broke, and requests that were given up.
  std::uint64_t connections_lost = 0;
  std::map<unsigned, std::uint64_t> answers_by_status;
  /// From a request's first byte, or from when it was due, to the end of its answer.
  latency_histogram latency;

  double events_per_second() const;
  /// Whether every event that was submitted was accepted. That some were not submitted in time
  /// tells of the pace, which a busy machine cannot keep, not of a fault.
  bool clean() const { return events_refused + events_unanswered == 0; }
};

/// For people: a few lines.
std::string to_text(const load_report& report);

/// For people's scripts: one object, durations in milliseconds.
std::string to_json(const load_report& report);

}  // namespace talaria::load
