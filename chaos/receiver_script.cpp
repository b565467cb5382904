#include "chaos/receiver_script.hpp"

#include <fmt/format.h>

#include "chaos/seeded_chance.hpp"
#include <array>
#include <utility>

namespace talaria::chaos {

namespace {

constexpr std::size_t huge_bytes = 4 * 1024 * 1024;

constexpr std::array names{
    std::pair{manner::stall, "stall"},       std::pair{manner::reset, "reset"},
    std::pair{manner::drip, "drip"},         std::pair{manner::storm, "storm"},
    std::pair{manner::huge, "huge"},         std::pair{manner::garbage, "garbage"},
    std::pair{manner::truncate, "truncate"},
};

std::string response(unsigned status, std::size_t promised_bytes, const std::string& body) {
  return fmt::format("HTTP/1.1 {} Scripted\r\nContent-Length: {}\r\n\r\n{}", status, promised_bytes,
                     body);
}

}  // namespace

std::optional<manner> to_manner(std::string_view text) {
  for (const auto& [manner, name] : names) {
    if (text == name)
      return manner;
  }
  return std::nullopt;
}

bool scripted_answer::is_plain() const {
  return how == manner::plain || how == manner::storm;
}

scripted_answer script_answer(manner how, double fail_rate, std::uint64_t seed,
                              std::uint64_t number, std::uint32_t attempt) {
  switch (how) {
    case manner::plain:
      break;
    case manner::storm:
      return {how, 503};
    case manner::drip:
    case manner::huge:
    case manner::truncate:
      return {how, 200};
    default:
      return {how, 0};
  }
  seeded_chance chance{seed ^ (number * 0x9e3779b97f4a7c15) ^ (std::uint64_t{attempt} << 56)};
  return {how, chance.fraction() < fail_rate ? 500U : 204U};
}

std::string to_bytes(const scripted_answer& answer) {
  switch (answer.how) {
    case manner::plain:
    case manner::storm:
      // A 204 must not say how long the body that it cannot have is.
      return answer.status == 204 ? "HTTP/1.1 204 No Content\r\n\r\n"
                                  : response(answer.status, 0, "");
    case manner::drip:
      return response(answer.status, 8, "trickled");
    case manner::huge:
      return response(answer.status, huge_bytes, std::string(huge_bytes, 'x'));
    case manner::garbage:
      return "\x16\x03\x01 this is no HTTP\r\n\r\n";
    case manner::truncate:
      return response(answer.status, 1000, "cut off");
    default:
      return {};
  }
}

}  // namespace talaria::chaos
