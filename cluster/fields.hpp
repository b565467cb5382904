#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace talaria::cluster {

/// Puts fields one after the other: integers little-endian, text after its length in four bytes.
class field_writer {
public:
  void put_u16(std::uint16_t value) { put_integer(value, 2); }
  void put_u32(std::uint32_t value) { put_integer(value, 4); }
  void put_u64(std::uint64_t value) { put_integer(value, 8); }
  void put_i64(std::int64_t value) { put_u64(static_cast<std::uint64_t>(value)); }

  template <std::size_t Size>
  void put_bytes(const std::array<std::uint8_t, Size>& bytes) {
    bytes_.append(bytes.begin(), bytes.end());
  }

  /// @pre shorter than 4 GiB
  void put_text(std::string_view text);

  std::string take() && { return std::move(bytes_); }

private:
  void put_integer(std::uint64_t value, int bytes);

  std::string bytes_;
};

/// Takes them out again. After a field that is not there as a whole, all others are zero or empty
/// and `ok` is false: a reader need look only once, at the end, and before it allocates.
class field_reader {
public:
  /// The bytes must outlive it.
  explicit field_reader(std::string_view bytes) : left_(bytes) {}

  std::uint16_t take_u16() { return static_cast<std::uint16_t>(take_integer(2)); }
  std::uint32_t take_u32() { return static_cast<std::uint32_t>(take_integer(4)); }
  std::uint64_t take_u64() { return take_integer(8); }
  std::int64_t take_i64() { return static_cast<std::int64_t>(take_u64()); }

  template <std::size_t Size>
  std::array<std::uint8_t, Size> take_bytes() {
    std::array<std::uint8_t, Size> bytes{};
    const auto taken = take(Size);
    for (std::size_t i = 0; i < taken.size(); ++i)
      bytes.at(i) = static_cast<std::uint8_t>(taken[i]);
    return bytes;
  }

  /// Of the bytes that were given: nothing is copied.
  std::string_view take_text() { return take(take_u32()); }
  std::string_view take(std::size_t bytes);

  std::size_t bytes_left() const { return left_.size(); }
  bool ok() const { return ok_; }

private:
  std::uint64_t take_integer(std::size_t bytes);

  std::string_view left_;
  bool ok_ = true;
};

}  // namespace talaria::cluster
