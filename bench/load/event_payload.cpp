#include "bench/load/event_payload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace talaria::load {

namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

// {"sequence":"0000000000000000","submitted_ns":"0000000000000000","items":[...],"note":"..."}
constexpr std::size_t digits = 16;
constexpr std::string_view before_sequence = R"({"sequence":")";
constexpr std::string_view before_submitted = R"(","submitted_ns":")";
constexpr std::string_view after_submitted = R"(","items":[)";
constexpr std::string_view after_items = R"(],"note":")";
constexpr std::string_view end = R"("})";
constexpr std::size_t sequence_at = before_sequence.size();
constexpr std::size_t submitted_at = sequence_at + digits + before_submitted.size();
constexpr std::size_t stamp_bytes = submitted_at + digits;

static_assert(stamp_bytes + after_submitted.size() + after_items.size() + end.size() <=
              payload_bytes_min);

constexpr std::string_view item =
    R"({"sku":"TX-20481","name":"Räucherlachs, 200 g","quantity":3,"price":12.90,"taxed":true})";

void put_hexadecimal(char* at, std::uint64_t value) {
  constexpr std::string_view symbols = "0123456789abcdef";
  for (std::size_t place = digits; place-- > 0; value >>= 4U)
    at[place] = symbols[value & 0xFU];
}

std::optional<std::uint64_t> read_hexadecimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || stop != text.data() + text.size())
    return std::nullopt;
  return value;
}

}  // namespace

std::string make_payload(std::size_t bytes) {
  const std::string zeros(digits, '0');
  std::string made{before_sequence};
  made.append(zeros).append(before_submitted).append(zeros).append(after_submitted);
  const std::size_t reserved = after_items.size() + end.size();
  for (bool first = true; made.size() + item.size() + 1 + reserved <= bytes; first = false)
    made.append(first ? "" : ",").append(item);
  made.append(after_items);
  made.append(std::max(bytes, made.size() + end.size()) - made.size() - end.size(), '-');
  return made.append(end);
}

void put_stamp(char* payload, const event_stamp& stamp) {
  const auto since_epoch =
      std::chrono::duration_cast<nanoseconds>(stamp.submitted.time_since_epoch());
  put_hexadecimal(payload + sequence_at, stamp.sequence);
  put_hexadecimal(payload + submitted_at, static_cast<std::uint64_t>(since_epoch.count()));
}

std::optional<event_stamp> read_stamp(std::string_view payload) {
  if (payload.size() < payload_bytes_min || !payload.starts_with(before_sequence))
    return std::nullopt;
  const auto sequence = read_hexadecimal(payload.substr(sequence_at, digits));
  const auto submitted = read_hexadecimal(payload.substr(submitted_at, digits));
  if (!sequence || !submitted)
    return std::nullopt;
  const nanoseconds since_epoch{static_cast<std::int64_t>(*submitted)};
  return event_stamp{
      *sequence,
      steady_clock::time_point{std::chrono::duration_cast<steady_clock::duration>(since_epoch)}};
}

}  // namespace talaria::load
