#include "domain/decimal.hpp"

#include <algorithm>

namespace talaria::domain {

namespace {

/// Beyond any number that is submitted, and far from what an integer of 64 bits holds.
constexpr std::int64_t exponent_max = 1'000'000'000'000;

std::int64_t read_exponent(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+'))
    text.remove_prefix(1);
  std::int64_t exponent = 0;
  for (const char digit : text)
    exponent = std::min(exponent * 10 + (digit - '0'), exponent_max);
  return negative ? -exponent : exponent;
}

/// Takes what follows a mark off a text.
std::string_view take_after(std::string_view& text, std::string_view marks) {
  const auto mark = text.find_first_of(marks);
  if (mark == std::string_view::npos)
    return {};
  const auto after = text.substr(mark + 1);
  text = text.substr(0, mark);
  return after;
}

}  // namespace

decimal::decimal(std::string_view number) {
  const bool negative = number.starts_with('-');
  if (negative)
    number.remove_prefix(1);
  const auto exponent = take_after(number, "eE");
  const auto fraction = take_after(number, ".");
  take_digits(number, fraction);
  if (sign_ == 0)
    return;
  exponent_ += read_exponent(exponent);
  if (negative)
    sign_ = -1;
}

void decimal::take_digits(std::string_view whole, std::string_view fraction) {
  std::size_t taken = 0;
  const auto take = [&](std::string_view digits) {
    for (const char digit : digits) {
      if (taken < digits_kept)
        digits_[taken++] = static_cast<std::uint8_t>(digit - '0');
      else if (digit != '0')
        digits_.back() = std::max<std::uint8_t>(digits_.back(), 1);
    }
  };
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  exponent_ = static_cast<std::int64_t>(whole.size());
  if (whole.empty()) {
    const auto zeros = std::min(fraction.find_first_not_of('0'), fraction.size());
    fraction.remove_prefix(zeros);
    exponent_ = -static_cast<std::int64_t>(zeros);
  }
  sign_ = whole.empty() && fraction.empty() ? 0 : 1;
  if (sign_ == 0)
    exponent_ = 0;
  take(whole);
  take(fraction);
}

std::strong_ordering decimal::operator<=>(const decimal& other) const {
  if (sign_ != other.sign_)
    return sign_ <=> other.sign_;
  const auto& nearer = sign_ < 0 ? other : *this;
  const auto& farther = sign_ < 0 ? *this : other;
  if (nearer.exponent_ != farther.exponent_)
    return nearer.exponent_ <=> farther.exponent_;
  return nearer.digits_ <=> farther.digits_;
}

}  // namespace talaria::domain
