#include "chaos/ledger.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <string>
#include <system_error>

namespace talaria::chaos {

namespace {

/// Event ids are the sender's own: whatever it made of them must not break the line.
std::string plain(std::string_view text) {
  std::string made;
  for (const char each : text)
    made += each == '"' || each == '\\' || static_cast<unsigned char>(each) < 0x20 ? '?' : each;
  return made;
}

void append_line(std::string& lines, const reception& seen) {
  fmt::format_to(
      std::back_inserter(lines),
      R"({{"at_us":{},"subscription":"{}","event_id":"{}","number":{},"status":{},"plain":{},)"
      R"("intact":{},"sequence":{}}})"
      "\n",
      seen.at.count(), plain(seen.subscription), plain(seen.event_id), seen.number, seen.status,
      seen.is_plain, seen.is_intact, seen.sequence ? std::to_string(*seen.sequence) : "null");
}

[[noreturn]] void refuse(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

ledger::ledger(const std::filesystem::path& path)
    : file_{::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600)} {
  if (!file_.valid())
    refuse("the ledger");
}

void ledger::write(std::span<const reception> receptions) {
  std::string lines;
  for (const auto& each : receptions)
    append_line(lines, each);
  for (std::size_t written = 0; written < lines.size();) {
    const auto count = ::write(file_.get(), lines.data() + written, lines.size() - written);
    if (count < 0)
      refuse("the ledger");
    written += static_cast<std::size_t>(count);
  }
  if (::fdatasync(file_.get()) != 0)
    refuse("the ledger");
}

}  // namespace talaria::chaos
