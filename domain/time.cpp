#include "domain/time.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace talaria::domain {

namespace {

using namespace std::chrono;

/// Reads fixed-width fields from the front of a text; any mismatch makes it fail for good.
class field_reader {
public:
  explicit field_reader(std::string_view text) : rest_(text) {}

  int number(std::size_t width) {
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
        failed_ = true;
        return 0;
      }
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  void expect(std::string_view wanted) {
    if (rest_.starts_with(wanted))
      rest_.remove_prefix(wanted.size());
    else
      failed_ = true;
  }

  char any_of(std::string_view choices) {
    if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) {
      failed_ = true;
      return 0;
    }
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }

  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool next_is_digit() const {
    return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
  }
  bool complete() const { return !failed_ && rest_.empty(); }
  bool failed() const { return failed_; }
  std::string_view rest() const { return rest_; }

private:
  std::string_view rest_;
  bool failed_ = false;
};

std::optional<timestamp> combine(int year_number, int month_number, int day_number, int hour_number,
                                 int minute_number, int second_number, microseconds fraction) {
  const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                            day{static_cast<unsigned>(day_number)}};
  // A leap second (60) is accepted and counts as the first second of the next minute.
  if (!date.ok() || hour_number > 23 || minute_number > 59 || second_number > 60)
    return std::nullopt;
  return timestamp{sys_days{date}} + hours{hour_number} + minutes{minute_number} +
         seconds{second_number} + fraction;
}

/// Years 1970 to 9999 in UTC: what `to_rfc3339` can write and `parse_rfc3339` read back.
std::optional<timestamp> within_range(timestamp time) {
  constexpr timestamp end{sys_days{year{10000} / January / 1}};
  return time >= timestamp{} && time < end ? std::optional{time} : std::nullopt;
}

microseconds read_fraction(field_reader& reader) {
  if (!reader.next_is('.'))
    return microseconds{0};
  reader.expect(".");
  std::int64_t value = reader.number(1);
  int decimals = 1;
  while (reader.next_is_digit()) {
    const int digit = reader.number(1);
    if (decimals < 6) {
      value = value * 10 + digit;
      ++decimals;
    }
  }
  for (; decimals < 6; ++decimals)
    value *= 10;
  return microseconds{value};
}

/// @returns nothing if the offset is out of range; the reader fails if there is none.
std::optional<minutes> read_offset(field_reader& reader) {
  const char sign = reader.any_of("Zz+-");
  if (sign == 'Z' || sign == 'z')
    return minutes{0};
  const int offset_hours = reader.number(2);
  reader.expect(":");
  const int offset_minutes = reader.number(2);
  if (offset_hours > 23 || offset_minutes > 59)
    return std::nullopt;
  const minutes offset = hours{offset_hours} + minutes{offset_minutes};
  return sign == '-' ? -offset : offset;
}

}  // namespace

std::string to_rfc3339(timestamp time) {
  const auto day_start = floor<days>(time);
  const year_month_day date{day_start};
  const hh_mm_ss clock{time - day_start};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::optional<timestamp> parse_rfc3339(std::string_view text) {
  field_reader reader{text};
  const int year_number = reader.number(4);
  reader.expect("-");
  const int month_number = reader.number(2);
  reader.expect("-");
  const int day_number = reader.number(2);
  reader.any_of("Tt ");
  const int hour_number = reader.number(2);
  reader.expect(":");
  const int minute_number = reader.number(2);
  reader.expect(":");
  const int second_number = reader.number(2);
  const auto fraction = read_fraction(reader);
  const auto offset = read_offset(reader);
  if (!reader.complete() || !offset)
    return std::nullopt;
  const auto local = combine(year_number, month_number, day_number, hour_number, minute_number,
                             second_number, fraction);
  return local ? within_range(*local - *offset) : std::nullopt;
}

std::optional<timestamp> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::size_t weekday_length = 5;  // "Sun, "
  if (text.size() != 29 || text.substr(3, 2) != ", ")
    return std::nullopt;
  field_reader reader{text.substr(weekday_length)};
  const int day_number = reader.number(2);
  reader.expect(" ");
  int month_number = 0;
  for (std::size_t i = 0; i < months.size(); ++i) {
    if (reader.rest().starts_with(months[i]))
      month_number = static_cast<int>(i) + 1;
  }
  if (month_number == 0)
    return std::nullopt;
  reader.expect(months[static_cast<std::size_t>(month_number) - 1]);
  reader.expect(" ");
  const int year_number = reader.number(4);
  reader.expect(" ");
  const int hour_number = reader.number(2);
  reader.expect(":");
  const int minute_number = reader.number(2);
  reader.expect(":");
  const int second_number = reader.number(2);
  reader.expect(" GMT");
  if (!reader.complete())
    return std::nullopt;
  const auto time = combine(year_number, month_number, day_number, hour_number, minute_number,
                            second_number, microseconds{0});
  return time ? within_range(*time) : std::nullopt;
}

}  // namespace talaria::domain
