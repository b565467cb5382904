#include "chaos/payload.hpp"

#include <fmt/format.h>

#include <charconv>

namespace talaria::chaos {

namespace {

constexpr std::string_view before_number = R"({"number":)";

}  // namespace

std::string payload_of(std::uint64_t number, std::uint32_t bytes) {
  auto payload = fmt::format(R"({}{},"odd":{},"filler":")", before_number, number, number % 2 == 1);
  // What differs from one event to the next shows whose payload an altered one is.
  while (payload.size() + 2 < bytes)
    payload += static_cast<char>('a' + (number + payload.size()) % 26);
  return payload + R"("})";
}

std::optional<std::uint64_t> number_in(std::string_view payload) {
  if (!payload.starts_with(before_number))
    return std::nullopt;
  payload.remove_prefix(before_number.size());
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(payload.data(), payload.data() + payload.size(), number);
  if (error != std::errc{} || end == payload.data() + payload.size() || *end != ',')
    return std::nullopt;
  return number;
}

}  // namespace talaria::chaos
