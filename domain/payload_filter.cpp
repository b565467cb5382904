#include "domain/payload_filter.hpp"

#include "domain/limits.hpp"
#include "domain/payload_rule.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <utility>

namespace talaria::domain {

struct payload_filter::compiled {
  payload_rule rule;
  std::string text;
};

result<payload_filter> payload_filter::parse(const boost::json::value& value) {
  payload_filter made;
  if (value.is_null())
    return made;
  auto rule = read_payload_rule(value, "payload_filter");
  if (!rule)
    return tl::unexpected(rule.error());
  // Measured as it is stored, so that what was taken once can always be read again.
  auto text = to_text(*rule);
  if (text.size() > limits::filter_bytes_max)
    return fail(ec::too_large,
                fmt::format("payload_filter has at most {} bytes", limits::filter_bytes_max),
                "/payload_filter");
  made.compiled_ = std::make_shared<const compiled>(compiled{*std::move(rule), std::move(text)});
  return made;
}

bool payload_filter::matches(const parsed_payload& payload) const {
  return empty() || domain::matches(compiled_->rule, payload);
}

boost::json::value payload_filter::to_json() const {
  return empty() ? boost::json::value{} : boost::json::parse(text());
}

const std::string& payload_filter::text() const {
  static const std::string none;
  return empty() ? none : compiled_->text;
}

std::strong_ordering payload_filter::operator<=>(const payload_filter& other) const {
  return compiled_ == other.compiled_ ? std::strong_ordering::equal : text() <=> other.text();
}

bool payload_filter::operator==(const payload_filter& other) const {
  return (*this <=> other) == 0;
}

}  // namespace talaria::domain
