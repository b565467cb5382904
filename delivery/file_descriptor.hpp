#pragma once

#include <unistd.h>

#include <utility>

namespace talaria::delivery {

/// Owns a file descriptor; a negative one is none.
class file_descriptor {
public:
  explicit file_descriptor(int number = -1) : number_(number) {}
  file_descriptor(file_descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  file_descriptor& operator=(file_descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~file_descriptor() {
    if (number_ >= 0)
      close(number_);
  }

  int get() const { return number_; }
  bool valid() const { return number_ >= 0; }

private:
  int number_;
};

}  // namespace talaria::delivery
