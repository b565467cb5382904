#include "http/query.hpp"

#include <algorithm>
#include <charconv>

namespace talaria::http {
namespace {

using domain::ec;
using domain::fail;
using domain::result;

constexpr std::size_t parameters_max = 64;

/// Cuts off what comes before the mark, or all; the mark itself is dropped.
std::string_view cut(std::string_view& rest, char mark) {
  const std::size_t end = rest.find(mark);
  const std::string_view before = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return before;
}

/// `application/x-www-form-urlencoded`, as browsers and curl write queries.
std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t index = 0; index < text.size(); ++index) {
    char letter = text[index];
    if (letter == '+') {
      letter = ' ';
    } else if (letter == '%') {
      unsigned byte = 0;
      const char* digits = text.data() + index + 1;
      if (index + 2 >= text.size() ||
          std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) {
        return std::nullopt;
      }
      letter = static_cast<char>(byte);
      index += 2;
    }
    if (letter == '\0') {
      return std::nullopt;
    }
    decoded.push_back(letter);
  }
  return decoded;
}

}  // namespace

result<query_parameters> query_parameters::parse(std::string_view query) {
  query_parameters parsed;
  while (!query.empty()) {
    std::string_view pair = cut(query, '&');
    if (pair.empty()) {
      continue;
    }
    auto name = decode(cut(pair, '='));
    auto value = decode(pair);
    if (!name || !value || parsed.parameters_.size() == parameters_max) {
      return fail(ec::invalid_value, "The query is badly encoded or too long.");
    }
    const bool repeated =
        std::any_of(parsed.parameters_.begin(), parsed.parameters_.end(),
                    [&](const parameter& earlier) { return earlier.name == *name; });
    if (repeated) {
      return fail(ec::invalid_value, "The parameter is given twice.", "/" + *name);
    }
    parsed.parameters_.push_back({std::move(*name), std::move(*value)});
  }
  return parsed;
}

std::optional<std::string> query_parameters::take(std::string_view name) {
  for (parameter& candidate : parameters_) {
    if (candidate.name == name) {
      candidate.taken = true;
      return candidate.value;
    }
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> query_parameters::take_all(
    std::string_view prefix) {
  std::vector<std::pair<std::string, std::string>> found;
  for (parameter& candidate : parameters_) {
    if (candidate.name.starts_with(prefix)) {
      candidate.taken = true;
      found.emplace_back(candidate.name.substr(prefix.size()), candidate.value);
    }
  }
  return found;
}

result<void> query_parameters::check_all_taken() const {
  for (const parameter& candidate : parameters_) {
    if (!candidate.taken) {
      return fail(ec::unknown_field, "There is no parameter of this name here.",
                  "/" + candidate.name);
    }
  }
  return {};
}

result<std::size_t> take_limit(query_parameters& query, std::size_t otherwise, std::size_t max) {
  const auto text = query.take("limit");
  if (!text) {
    return otherwise;
  }
  std::size_t value = 0;
  const char* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || value < 1 || value > max) {
    return fail(ec::invalid_value, "limit is an integer from 1 to " + std::to_string(max) + ".",
                "/limit");
  }
  return value;
}

}  // namespace talaria::http
