#pragma once

#include "delivery/curl_handles.hpp"
#include "domain/error.hpp"

#include "console/server.hpp"
#include <array>
#include <chrono>
#include <functional>
#include <string>

namespace talaria::console {

/// Before any handle is made; also more than once, and on any thread.
void start_libcurl();

/// A request, of whatever method.
struct request {
  std::string method = "GET";
  /// Path and query.
  std::string target;
};

/// One request to a server, and what came of it. Not thread-safe; not movable, as libcurl holds its
/// address.
class transfer {
public:
  using body_listener = std::function<void(std::string_view)>;

  /// No answer is longer: a thousand actors are not a tenth of it.
  static constexpr std::size_t body_bytes_max = 16 * 1024 * 1024;
  static constexpr std::chrono::seconds connect_timeout{5};
  static constexpr std::chrono::seconds answer_timeout{15};
  /// A stream says something at least every 15 seconds.
  static constexpr std::chrono::seconds silence_max{40};

  transfer(const server& asked, const request& wanted);
  /// A transfer without an end, whose body is handed on as it comes.
  transfer(const server& asked, const request& wanted, body_listener listener);
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  CURL* handle() const { return handle_.get(); }

  /// @param ended What libcurl says of it.
  /// @returns the body; `ec::store_unavailable` if the server cannot be reached or does not answer
  /// in time, and otherwise what its refusal comes to. The detail is for people, and printable.
  domain::result<std::string> finish(CURLcode ended);

private:
  void prepare(const server& asked, const request& wanted);
  std::size_t take(std::string_view bytes);
  static std::size_t on_bytes(char* bytes, std::size_t size, std::size_t count, void* self);
  long status() const;

  delivery::string_list headers_;
  std::string body_;
  body_listener listener_;
  std::array<char, CURL_ERROR_SIZE> complaint_{};
  std::string url_;
  delivery::easy_handle handle_;
};

/// Waits for the answer.
domain::result<std::string> call(const server& asked, const request& wanted);

}  // namespace talaria::console
