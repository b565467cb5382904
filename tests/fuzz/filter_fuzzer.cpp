// A filter says the same after it was stored and read back, and the opposite when it is negated.
//
// The input's first line is the rule, the rest is the payload.

#include "domain/limits.hpp"
#include "domain/payload_filter.hpp"
#include "tests/fuzz/parse_json.hpp"
#include "tests/fuzz/require.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace talaria::fuzz {
namespace {

namespace json = boost::json;
using domain::payload_filter;

json::value combined(std::string_view name, json::value rule) {
  return json::object{{json::string_view(name.data(), name.size()), std::move(rule)}};
}

void check_stored(const payload_filter& filter, const domain::parsed_payload& payload) {
  const auto text = json::serialize(filter.to_json());
  require(text.size() <= domain::limits::filter_bytes_max, "a stored filter keeps to its bound");
  const auto read = payload_filter::parse(json::parse(text));
  require(read.has_value(), "a stored filter can be read");
  require(*read == filter, "a stored filter is the same");
  require(read->matches(payload) == filter.matches(payload), "a stored filter says the same");
}

/// A filter that is as large or as deep as may be cannot be combined.
void check_combined(const payload_filter& filter, const domain::parsed_payload& payload) {
  const bool matches = filter.matches(payload);
  if (const auto negated = payload_filter::parse(combined("not", filter.to_json()))) {
    require(negated->matches(payload) != matches, "a negated filter says the opposite");
  }
  for (const auto* name : {"and", "or"}) {
    if (const auto alone = payload_filter::parse(combined(name, json::array{filter.to_json()}))) {
      require(alone->matches(payload) == matches, "a filter alone in a list says the same");
    }
  }
}

}  // namespace
}  // namespace talaria::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace talaria;
  using namespace talaria::fuzz;
  const std::string_view input = as_text(data, size);
  const std::size_t line_end = input.find('\n');
  if (line_end == std::string_view::npos) {
    return 0;
  }
  const domain::parsed_payload payload(input.substr(line_end + 1));
  const auto rule = parse_json(input.substr(0, line_end));
  if (!rule) {
    return 0;
  }
  const auto filter = payload_filter::parse(*rule);
  if (!filter) {
    require(filter.error().field.starts_with("/payload_filter"), "a fault names its field");
  } else if (!filter->empty()) {
    check_stored(*filter, payload);
    check_combined(*filter, payload);
  }
  return 0;
}
