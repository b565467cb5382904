#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace talaria::domain {

/// The value of a JSON number as it is written, for comparing: no digit is lost to a double.
///
/// Of a number with more digits than are kept, it is still known on which side of any number with
/// fewer it lies; two numbers that agree in all digits kept may be taken for equal.
class decimal {
public:
  /// Those of the largest integer of 64 bits, and one that tells whether more follow.
  static constexpr std::size_t digits_kept = 21;

  decimal() = default;

  /// @pre `number` is a number as RFC 8259 has it.
  explicit decimal(std::string_view number);

  std::strong_ordering operator<=>(const decimal& other) const;
  bool operator==(const decimal& other) const = default;

private:
  void take_digits(std::string_view whole, std::string_view fraction);

  /// -1, 0 or 1. The rest counts for numbers other than 0.
  std::int8_t sign_ = 0;
  /// The value is 0.DIGITS times ten to this.
  std::int64_t exponent_ = 0;
  /// The first is not 0.
  std::array<std::uint8_t, digits_kept> digits_{};
};

}  // namespace talaria::domain
