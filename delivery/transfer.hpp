#pragma once

#include "delivery/address_guard.hpp"
#include "delivery/curl_handles.hpp"
#include "delivery/proxy.hpp"
#include "delivery/request_in_flight.hpp"
#include "delivery/response_reader.hpp"

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace talaria::delivery {

struct transfer_settings {
  std::chrono::milliseconds connect_timeout;
  std::size_t response_bytes_max;
  std::size_t response_header_bytes_max;
  /// Empty: the one that libcurl was built for.
  std::string ca_bundle;
  /// All requests go through it.
  std::optional<delivery::proxy> proxy = std::nullopt;
};

/// One libcurl easy handle, used for one request after the other: what is set on it, what it calls
/// back, and what its result means.
///
/// Must not move, as libcurl holds its address. Not thread-safe.
class transfer {
public:
  /// All three must outlive the transfer.
  /// @throws std::runtime_error if libcurl refuses a setting
  transfer(const transfer_settings& settings, const address_policy& addresses, CURLSH* share);
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  /// Takes a request over, to be sent to the next of its addresses that was not tried.
  ///
  /// @pre the transfer has no request; the request has an address left and its deadline is ahead
  /// @throws std::runtime_error if libcurl refuses a setting; the request stays the caller's
  void begin(request_in_flight& request, request_in_flight::clock::time_point now);

  /// Whether the request has not been sent and another of its addresses is worth trying.
  bool may_try_next_address(CURLcode result, request_in_flight::clock::time_point now) const;

  /// What came of it.
  outbound_response response(CURLcode result) const;

  /// Gives the request back. @pre the handle is in no multi handle
  request_in_flight end();

  CURL* handle() const { return handle_.get(); }
  static transfer& of(CURL* handle);

  /// Where the transfer stands in the list of its owner.
  std::size_t position = 0;

private:
  template <class Value>
  void set(CURLoption option, Value value);
  void set_protocol();
  void set_security(const transfer_settings& settings, CURLSH* share);
  void set_proxy();
  void set_callbacks();
  void set_method_and_url(const outbound_request& request);
  void set_headers(const outbound_request& request);
  void set_pem(CURLoption option, const std::string& pem);
  void set_tls(const domain::shared_receiver_tls& tls);
  void set_address(const ip_address& address, std::uint16_t port);
  void set_time_left(std::chrono::milliseconds left);

  /// Whether the proxy's connection, or the tunnel that it was asked for, is what failed.
  bool failed_at_proxy(CURLcode result) const;
  /// Whether the receiver broke off the handshake after we took it to be over: so TLS 1.3 has a
  /// certificate of ours refused.
  bool refused_late(CURLcode result) const;
  domain::attempt_error error_of(CURLcode result, long status) const;
  bool may_connect_to(const ip_address& address, std::uint16_t port) const;

  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int before_request(void* self, char* remote, char* local, int remote_port, int local_port);
  static std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* self);

  const address_policy& addresses_;
  const std::optional<proxy>& proxy_;
  const std::chrono::milliseconds connect_timeout_;
  response_reader reader_;
  bool blocked_ = false;
  bool no_socket_ = false;
  bool sent_ = false;

  request_in_flight request_;
  /// libcurl reads its texts where they lie.
  domain::shared_receiver_tls tls_;
  string_list headers_;
  string_list connect_to_;
  /// What libcurl says of a failure.
  std::array<char, CURL_ERROR_SIZE> fault_{};
  easy_handle handle_;
};

}  // namespace talaria::delivery
