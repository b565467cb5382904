#include "console/life_event.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "console/text.hpp"

namespace talaria::console {

namespace {

std::string text_in(const boost::json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? printable(found->get_string()) : std::string{};
}

}  // namespace

void life_event_reader::feed(std::string_view bytes) {
  for (const char byte : bytes) {
    if (byte == '\n') {
      take_line(line_);
      line_.clear();
    } else if (byte != '\r' && line_.size() < line_bytes_max) {
      line_ += byte;
    }
  }
}

void life_event_reader::take_line(std::string_view line) {
  if (line.empty())
    return end_event();
  const auto colon = line.find(':');
  const auto field = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (field == "event")
    what_ = printable(value);
  else if (field == "data" && data_.size() < line_bytes_max)
    data_ += value;
}

void life_event_reader::end_event() {
  const auto what = std::exchange(what_, {});
  boost::system::error_code error;
  const auto parsed = boost::json::parse(std::exchange(data_, {}), error);
  const auto* data = error ? nullptr : parsed.if_object();
  if (data == nullptr)
    return;
  auto detail = text_in(*data, "reason");
  if (detail.empty())
    detail = text_in(*data, "breaker");
  on_event_({what, text_in(*data, "path"), text_in(*data, "at"), std::move(detail)});
}

}  // namespace talaria::console
