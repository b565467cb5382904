#include "cluster/fields.hpp"

namespace talaria::cluster {

void field_writer::put_integer(std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i)
    bytes_ += static_cast<char>(value >> (8 * i) & 0xFFU);
}

void field_writer::put_text(std::string_view text) {
  put_u32(static_cast<std::uint32_t>(text.size()));
  bytes_ += text;
}

std::string_view field_reader::take(std::size_t bytes) {
  if (bytes > left_.size()) {
    ok_ = false;
    left_ = {};
    return {};
  }
  const auto taken = left_.substr(0, bytes);
  left_.remove_prefix(bytes);
  return taken;
}

std::uint64_t field_reader::take_integer(std::size_t bytes) {
  std::uint64_t value = 0;
  const auto taken = take(bytes);
  for (std::size_t i = 0; i < taken.size(); ++i)
    value |= std::uint64_t{static_cast<unsigned char>(taken[i])} << (8 * i);
  return value;
}

}  // namespace talaria::cluster
