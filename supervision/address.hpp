#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace talaria::supervision {

/// Where an actor's current handle is found, across its restarts. Copies share it; thread-safe.
///
/// Must be emptied before the actor system is destroyed: a handle to a detached actor keeps it
/// alive.
template <class Handle>
class address {
public:
  address() : place_(std::make_shared<place>()) {}

  void set(Handle handle) const {
    const std::lock_guard lock{place_->mutex};
    std::swap(place_->handle, handle);
  }

  /// A handle of no actor before the first `set`.
  Handle get() const {
    const std::lock_guard lock{place_->mutex};
    return place_->handle;
  }

  void clear() const { set(Handle{}); }

private:
  struct place {
    std::mutex mutex;
    Handle handle;
  };
  std::shared_ptr<place> place_;
};

}  // namespace talaria::supervision
