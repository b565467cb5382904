#include "bench/load/run_load.hpp"

#include "bench/load/event_payload.hpp"
#include "bench/load/generator.hpp"
#include "bench/load/request_builder.hpp"
#include "domain/event.hpp"
#include "domain/id.hpp"
#include "domain/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace talaria::load {

namespace {

using domain::ec;
using domain::fail;
using domain::result;

result<void> check_range(std::string_view option, std::size_t value, std::size_t min,
                         std::size_t max) {
  if (value < min || value > max)
    return fail(ec::invalid_value, fmt::format("must be from {} to {}", min, max),
                std::string{option});
  return {};
}

/// A control character would end the header that carries the key.
bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isprint(c) != 0; });
}

result<void> check_sizes(const load_options& options) {
  for (const auto& checked :
       {check_range("clients", options.clients, 1, clients_max),
        check_range("batch", options.batch_events, 1, domain::limits::batch_events_max),
        check_range("payload-bytes", options.payload_bytes, payload_bytes_min,
                    domain::limits::payload_bytes_max)}) {
    if (!checked)
      return checked;
  }
  if (options.batch_events > 1 && body_bytes_max(options) > domain::limits::batch_bytes_max)
    return fail(ec::invalid_value,
                fmt::format("a batch of this size has {} bytes, and may have {}",
                            body_bytes_max(options), domain::limits::batch_bytes_max),
                "batch");
  return {};
}

result<void> check_pace(const load_options& options) {
  if (options.duration.count() <= 0 || options.duration > duration_max)
    return fail(ec::invalid_value,
                fmt::format("must be positive, and at most {} hours", duration_max.count()),
                "duration");
  if (options.request_timeout.count() <= 0)
    return fail(ec::invalid_value, "must be positive", "request-timeout");
  // Put so that it refuses what is not a number.
  const auto rate = options.events_per_second.value_or(1);
  if (!(rate > 0 && rate <= events_per_second_max))
    return fail(ec::invalid_value,
                fmt::format("must be positive, and at most {}", events_per_second_max), "rate");
  return {};
}

result<void> check_names(const load_options& options) {
  if (options.event_types.empty() ||
      !std::all_of(options.event_types.begin(), options.event_types.end(), domain::is_event_type))
    return fail(ec::invalid_value, "event types are identifiers with full stops between them",
                "event-type");
  if (!options.application.empty() && !domain::parse_uuid(options.application))
    return fail(ec::invalid_value, "an application is named by its id, a UUID", "application");
  if (!is_header_text(options.api_key))
    return fail(ec::invalid_value, "the key has a character that no key has", "key");
  return {};
}

result<void> check(const load_options& options) {
  // The sizes come last: they are those of texts that must be sound.
  for (const auto check_part : {&check_pace, &check_names, &check_sizes}) {
    if (auto checked = check_part(options); !checked)
      return checked;
  }
  return {};
}

}  // namespace

result<load_report> run_load(const load_options& options,
                             const std::function<void(const load_progress&)>& progress) {
  if (const auto checked = check(options); !checked)
    return tl::unexpected(checked.error());
  auto where = resolve_target(options.url);
  if (!where)
    return tl::unexpected(where.error());
  return generator{options, *std::move(where)}.run(progress);
}

}  // namespace talaria::load
