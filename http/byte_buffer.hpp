#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace talaria::http {

/// Bytes as they arrive: grows without clearing what a `recv` is about to fill, which a string
/// would.
class byte_buffer {
public:
  std::string_view view() const { return {bytes_.get(), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Where the next bytes go, and how many fit.
  char* free_begin() { return bytes_.get() + size_; }
  std::size_t free_bytes() const { return capacity_ - size_; }
  void commit(std::size_t bytes) { size_ += bytes; }

  /// Moves the bytes: views of them end.
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) {
      return;
    }
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ != 0) {
      std::memcpy(larger.get(), bytes_.get(), size_);
    }
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }

  void append(std::string_view bytes) {
    if (bytes.empty()) {
      return;
    }
    if (free_bytes() < bytes.size()) {
      reserve(std::max(capacity_ * 2, size_ + bytes.size()));
    }
    std::memcpy(free_begin(), bytes.data(), bytes.size());
    commit(bytes.size());
  }

  void erase_front(std::size_t bytes) {
    size_ -= bytes;
    if (size_ != 0) {
      std::memmove(bytes_.get(), bytes_.get() + bytes, size_);
    }
  }

  void release() { *this = byte_buffer{}; }

  byte_buffer() = default;
  byte_buffer(byte_buffer&& other) noexcept { swap(other); }
  byte_buffer& operator=(byte_buffer&& other) noexcept {
    byte_buffer taken(std::move(other));
    swap(taken);
    return *this;
  }

private:
  void swap(byte_buffer& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace talaria::http
