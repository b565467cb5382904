#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace talaria::bench {

/// A number as PostgreSQL's binary format has it: the greatest byte first.
template <class Number>
std::string to_binary(Number number) {
  std::string bytes(sizeof number, '\0');
  for (std::size_t place = bytes.size(); place-- > 0; number = static_cast<Number>(number >> 8))
    bytes[place] = static_cast<char>(number & 0xFF);
  return bytes;
}

/// Types of PostgreSQL, by the numbers that they have in every installation.
enum class element_type : std::uint32_t { bytea = 17, uuid = 2950 };

/// An array with one dimension and without nulls, in PostgreSQL's binary format.
class binary_array {
public:
  binary_array(element_type type, std::size_t elements) {
    constexpr std::int32_t dimensions = 1;
    constexpr std::int32_t has_nulls = 0;
    constexpr std::int32_t first_index = 1;
    bytes_ = to_binary(dimensions) + to_binary(has_nulls) +
             to_binary(static_cast<std::uint32_t>(type)) +
             to_binary(static_cast<std::int32_t>(elements)) + to_binary(first_index);
  }

  /// @pre called as often as there are elements.
  void add(std::string_view element) {
    bytes_.append(to_binary(static_cast<std::int32_t>(element.size()))).append(element);
  }

  std::string take() && { return std::move(bytes_); }

private:
  std::string bytes_;
};

}  // namespace talaria::bench
