#pragma once

#include "http/exchange.hpp"
#include "http/problem.hpp"
#include "http/request.hpp"

#include <tl/expected.hpp>

#include <chrono>
#include <cstddef>

namespace talaria::http {

/// What stands behind the transport. Called by several workers at once; no call may block.
class request_handler {
public:
  virtual ~request_handler() = default;

  /// A head is complete; its body is not read yet. May set the request's route and parameters.
  /// @returns the bytes that the body may have, or the answer if nothing more of it is wanted.
  virtual tl::expected<std::size_t, problem> admit(request& request) = 0;

  /// The request is complete.
  virtual void handle(responder responder) = 0;

  /// An answer is on its way; also called for those of the transport's own.
  virtual void answered(const exchange_ticket& ticket, unsigned status,
                        std::chrono::nanoseconds took) = 0;
};

}  // namespace talaria::http
