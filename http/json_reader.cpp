#include "http/json_reader.hpp"

#include "domain/limits.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>

#include <cmath>
#include <unordered_set>

namespace talaria::http {
namespace {

using boost::json::error_code;
using boost::json::string_view;
using domain::ec;

/// Takes what the parser finds and keeps nothing of it.
struct json_checker {
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t, error_code&) { return true; }
  bool on_string_part(string_view, std::size_t, error_code&) { return true; }
  bool on_string(string_view, std::size_t, error_code&) { return true; }
  bool on_key_part(string_view, std::size_t, error_code&) { return true; }
  bool on_key(string_view, std::size_t, error_code&) { return true; }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
  bool on_double(double value, string_view text, error_code& failure) {
    // Receivers read 1e400 as infinity or not at all; many digits they only round.
    if (std::isinf(value) && text.find_first_of("eE") != string_view::npos) {
      failure = boost::json::error::exponent_overflow;
      return false;
    }
    return true;
  }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }
};

bool is_space(char letter) {
  return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
}

/// Walks over text that is known to be JSON, so that finding where things end is all there is to
/// do.
class json_walker {
public:
  explicit json_walker(std::string_view text) : text_(text) {}

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) {
      ++at_;
    }
  }

  bool take(char expected) {
    skip_space();
    if (at_ < text_.size() && text_[at_] == expected) {
      ++at_;
      return true;
    }
    return false;
  }

  std::string_view value() {
    skip_space();
    const std::size_t begin = at_;
    switch (text_[at_]) {
      case '"':
        skip_string();
        break;
      case '{':
      case '[':
        skip_nested();
        break;
      default:
        at_ = std::min(text_.find_first_of(",]} \t\n\r", at_), text_.size());
    }
    return text_.substr(begin, at_ - begin);
  }

private:
  /// Leaps from quote to quote: most strings have no other.
  void skip_string() {
    std::size_t quote = at_;
    std::size_t escapes = 0;
    do {
      quote = text_.find('"', quote + 1);
      escapes = 0;
      while (text_[quote - 1 - escapes] == '\\') {
        ++escapes;
      }
    } while (escapes % 2 == 1);
    at_ = quote + 1;
  }

  void skip_nested() {
    std::size_t depth = 0;
    do {
      switch (text_[at_]) {
        case '"':
          skip_string();
          continue;
        case '{':
        case '[':
          ++depth;
          break;
        case '}':
        case ']':
          --depth;
          break;
        default:
          break;
      }
      ++at_;
    } while (depth > 0);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// @returns whether all names differ.
bool are_distinct(const std::vector<json_member>& members) {
  constexpr std::size_t few = 16;
  if (members.size() > few) {
    std::unordered_set<std::string_view> names;
    for (const json_member& member : members) {
      names.insert(member.name);
    }
    return names.size() == members.size();
  }
  for (std::size_t later = 1; later < members.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (members[earlier].name == members[later].name) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

domain::result<void> check_json(std::string_view text, std::size_t depth_max) {
  boost::json::parse_options options;
  options.max_depth = depth_max;
  boost::json::basic_parser<json_checker> parser(options);
  error_code failure;
  const std::size_t parsed = parser.write_some(false, text.data(), text.size(), failure);
  if (!failure && parsed < text.size()) {
    failure = boost::json::error::extra_data;
  }
  if (failure) {
    return domain::fail(ec::invalid_json, "The body is not valid JSON at byte " +
                                              std::to_string(parsed) + ": " + failure.message() +
                                              ".");
  }
  return {};
}

domain::result<std::vector<json_member>> members_of(std::string_view object) {
  std::vector<json_member> members;
  members.reserve(8);
  json_walker walker(object);
  walker.take('{');
  while (!walker.take('}')) {
    std::string name = decode_json_string(walker.value());
    walker.take(':');
    members.push_back({std::move(name), walker.value()});
    walker.take(',');
  }
  if (!are_distinct(members)) {
    return domain::fail(ec::invalid_json, "An object has two members of the same name.");
  }
  return members;
}

std::vector<std::string_view> elements_of(std::string_view array) {
  std::vector<std::string_view> elements;
  json_walker walker(array);
  walker.take('[');
  while (!walker.take(']')) {
    elements.push_back(walker.value());
    walker.take(',');
  }
  return elements;
}

std::string_view trim_json(std::string_view text) {
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

std::string decode_json_string(std::string_view value) {
  const std::string_view inner = value.substr(1, value.size() - 2);
  if (inner.find('\\') == std::string_view::npos) {
    return std::string(inner);
  }
  const auto decoded = boost::json::parse(string_view(value.data(), value.size()));
  return std::string(decoded.get_string());
}

domain::result<boost::json::object> parse_json_object(std::string_view text) {
  if (auto checked = check_json(text, domain::limits::json_depth_max); !checked) {
    return tl::unexpected(checked.error());
  }
  text = trim_json(text);
  if (!is_json_object(text)) {
    return domain::fail(ec::wrong_type, "The body must be a JSON object.");
  }
  if (auto members = members_of(text); !members) {
    return tl::unexpected(members.error());
  }
  boost::json::parse_options options;
  options.max_depth = domain::limits::json_depth_max;
  return boost::json::parse(string_view(text.data(), text.size()), {}, options).as_object();
}

}  // namespace talaria::http
