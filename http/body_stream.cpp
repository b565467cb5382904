#include "http/body_stream.hpp"

#include <utility>

namespace talaria::http {

bool body_stream::write(std::string_view bytes) {
  std::function<void()> wake;
  bool written = false;
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) {
      return false;
    }
    written = waiting_.size() + bytes.size() <= bytes_waiting_max;
    if (written) {
      waiting_.append(bytes);
    } else {
      closed_ = true;
    }
    wake = wake_;
  }
  if (wake) {
    wake();
  }
  return written;
}

bool body_stream::closed() const {
  const std::scoped_lock lock(mutex_);
  return closed_;
}

void body_stream::attach(std::function<void()> wake) {
  const std::scoped_lock lock(mutex_);
  wake_ = std::move(wake);
}

std::string body_stream::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(waiting_, {});
}

void body_stream::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  wake_ = nullptr;
  waiting_ = {};
}

}  // namespace talaria::http
