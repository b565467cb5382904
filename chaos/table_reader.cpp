#include "chaos/table_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace talaria::chaos {

using domain::ec;

template <class T, class Take>
void table_reader::read(std::string_view key, std::string_view type, const Take& take) {
  if (!table_.contains(key) || error_)
    return;
  seen_.insert(key);
  const auto value = table_[key].value_exact<T>();
  if (value)
    take(*value);
  else
    fail(ec::wrong_type, key, fmt::format("must be {}", type));
}

void table_reader::text(std::string_view key, std::string& into) {
  read<std::string>(key, "a string", [&](const std::string& value) { into = value; });
}

void table_reader::flag(std::string_view key, bool& into) {
  read<bool>(key, "true or false", [&](bool value) { into = value; });
}

void table_reader::whole_number(std::string_view key, std::int64_t& into, std::int64_t min,
                                std::int64_t max) {
  read<std::int64_t>(key, "a whole number", [&](std::int64_t value) {
    if (value < min || value > max)
      fail(ec::invalid_value, key, fmt::format("must be from {} to {}", min, max));
    else
      into = value;
  });
}

void table_reader::duration(std::string_view key, milliseconds& into, std::int64_t min_ms) {
  auto count_ms = into.count();
  whole_number(key, count_ms, min_ms, duration_ms_max);
  into = milliseconds{count_ms};
}

void table_reader::range(std::string_view key, duration_range& into) {
  const auto* list = table_[key].as_array();
  if (list == nullptr) {
    duration(key, into.min, 0);
    if (seen_.contains(key))
      into.max = into.min;
    return;
  }
  seen_.insert(key);
  const auto bound = [&](std::size_t index) {
    const auto* node = list->get(index);
    return node == nullptr ? -1 : node->value_or(std::int64_t{-1});
  };
  if (list->size() != 2 || bound(0) < 0 || bound(1) < bound(0) || bound(1) > duration_ms_max)
    fail(ec::invalid_value, key, "must be the least and the most of milliseconds");
  else
    into = {milliseconds{bound(0)}, milliseconds{bound(1)}};
}

void table_reader::fraction(std::string_view key, double& into, double max) {
  if (!table_.contains(key) || error_)
    return;
  seen_.insert(key);
  const auto value = table_[key].value<double>();
  if (!value || !(*value >= 0 && *value <= max))
    fail(ec::invalid_value, key, fmt::format("must be a number from 0 to {}", max));
  else
    into = *value;
}

void table_reader::durations(std::string_view key, std::vector<milliseconds>& into) {
  const auto* list = table_[key].as_array();
  if (!table_.contains(key) || error_)
    return;
  seen_.insert(key);
  const auto bad = [&] { fail(ec::invalid_value, key, "must be a list of milliseconds"); };
  if (list == nullptr || list->empty())
    return bad();
  for (const auto& node : *list) {
    const auto count_ms = node.value_or(std::int64_t{-1});
    if (count_ms < 0 || count_ms > duration_ms_max)
      return bad();
    into.emplace_back(count_ms);
  }
}

void table_reader::choice(std::string_view key, std::string& into,
                          std::span<const std::string_view> of) {
  text(key, into);
  if (std::ranges::find(of, into) == of.end())
    fail(ec::invalid_value, key, fmt::format("must be one of {}", fmt::join(of, ", ")));
}

const toml::table* table_reader::table(std::string_view key) {
  seen_.insert(key);
  return table_[key].as_table();
}

const toml::array* table_reader::list(std::string_view key) {
  seen_.insert(key);
  return table_[key].as_array();
}

void table_reader::fail(ec code, std::string_view key, std::string_view what) {
  if (!error_)
    error_ = domain::error{code, fmt::format("{}{} {}", where_, key, what),
                           fmt::format("{}{}", where_, key)};
}

domain::result<void> table_reader::finish() {
  for (const auto& [key, node] : table_) {
    if (!seen_.contains(key.str()))
      fail(ec::unknown_field, key.str(), "is not known");
  }
  if (error_)
    return tl::unexpected(*error_);
  return {};
}

}  // namespace talaria::chaos
