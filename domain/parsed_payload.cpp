#include "domain/parsed_payload.hpp"

#include "domain/limits.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <charconv>
#include <limits>
#include <utility>

namespace talaria::domain {

namespace {

namespace json = boost::json;

/// Builds a tree as `json::parser` does, but for the numbers.
class tree_builder {
public:
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();

  tree_builder(json::storage_ptr memory, std::vector<decimal>& numbers) : numbers_(numbers) {
    stack_.reset(std::move(memory));
  }

  json::value release() { return stack_.release(); }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t size, json::error_code&) {
    stack_.push_array(size);
    return true;
  }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(std::size_t size, json::error_code&) {
    stack_.push_object(size);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(json::string_view rest, std::size_t, json::error_code&) {
    stack_.push_string(rest);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_key(json::string_view rest, std::size_t, json::error_code&) {
    stack_.push_key(rest);
    return true;
  }
  /// Never called: the text is parsed in one piece.
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view text, json::error_code&) { return push(text); }
  bool on_uint64(std::uint64_t, json::string_view text, json::error_code&) { return push(text); }
  bool on_double(double, json::string_view text, json::error_code&) { return push(text); }
  bool on_bool(bool value, json::error_code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(json::error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

private:
  bool push(json::string_view number) {
    stack_.push_int64(static_cast<std::int64_t>(numbers_.size()));
    numbers_.emplace_back(std::string_view{number.data(), number.size()});
    return true;
  }

  json::value_stack stack_;
  std::vector<decimal>& numbers_;
};

const json::value* element(const json::array& array, const std::string& token) {
  if (token.size() > 1 && token.front() == '0')
    return nullptr;
  std::size_t index = 0;
  const auto* end = token.data() + token.size();
  const auto [stopped, failure] = std::from_chars(token.data(), end, index);
  return failure == std::errc{} && stopped == end ? array.if_contains(index) : nullptr;
}

}  // namespace

parsed_payload::parsed_payload(std::string_view text) {
  json::parse_options options;
  options.max_depth = limits::json_depth_max;
  json::basic_parser<tree_builder> parser{options, json::storage_ptr{&memory_}, numbers_};
  json::error_code failure;
  const auto parsed = parser.write_some(false, text.data(), text.size(), failure);
  if (!failure && parsed == text.size())
    root_.emplace(parser.handler().release());
}

const json::value* parsed_payload::find(const pointer_tokens& path) const {
  const auto* found = root_ ? &*root_ : nullptr;
  for (const auto& token : path) {
    if (found == nullptr)
      return nullptr;
    if (const auto* object = found->if_object())
      found = object->if_contains(token);
    else if (const auto* array = found->if_array())
      found = element(*array, token);
    else
      return nullptr;
  }
  return found;
}

}  // namespace talaria::domain
