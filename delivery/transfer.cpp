#include "delivery/transfer.hpp"

#include "delivery/header_line.hpp"
#include "delivery/transfer_error.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace talaria::delivery {

namespace {

/// Answers are short and most of them are read once: the default of 16 KiB for each request under
/// way would be the largest part of its memory.
constexpr long receive_buffer_bytes = 4096;
/// For bodies over 64 KiB; the least that libcurl takes.
constexpr long send_buffer_bytes = 16'384;

/// A receiver with more addresses than this is asked at the first ones only: each costs up to a
/// connect timeout.
constexpr std::size_t addresses_tried_max = 3;

/// What libcurl would add of its own. `Expect` would delay a large body by a second.
constexpr std::array unwanted_headers = {"Accept:", "Expect:"};

void append(string_list& list, const char* line) {
  curl_slist* longer = curl_slist_append(list.get(), line);
  if (longer == nullptr)
    throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

/// libcurl takes `name:` as the wish not to send the header, and `name;` as an empty value.
std::string in_the_form_of_libcurl(const std::string& line) {
  return header_value(line).empty() ? fmt::format("{};", header_name(line)) : line;
}

bool has_content_type(const std::vector<std::string>& headers) {
  return std::any_of(headers.begin(), headers.end(), [](const std::string& line) {
    return is_same_header_name(header_name(line), "content-type");
  });
}

std::string system_ca_bundle() {
  const char* bundle = curl_version_info(CURLVERSION_NOW)->cainfo;
  return bundle == nullptr ? std::string() : bundle;
}

std::string endpoint(const ip_address& address, std::uint16_t port) {
  return fmt::format(fmt::runtime(address.v6 ? "[{}]:{}" : "{}:{}"), to_string(address), port);
}

/// @pre the family is AF_INET or AF_INET6
std::uint16_t port_of(const sockaddr& address) {
  // It lies at the same place in both families.
  sockaddr_in four{};
  std::memcpy(&four, &address, sizeof four);
  return ntohs(four.sin_port);
}

long to_positive_long(std::chrono::milliseconds time) {
  return std::max<long>(time.count(), 1);
}

}  // namespace

transfer::transfer(const transfer_settings& settings, const address_policy& addresses,
                   CURLSH* share)
    : addresses_(addresses),
      proxy_(settings.proxy),
      connect_timeout_(settings.connect_timeout),
      reader_(settings.response_header_bytes_max, settings.response_bytes_max),
      handle_(curl_easy_init()) {
  if (handle_ == nullptr)
    throw std::bad_alloc();
  set_protocol();
  set_security(settings, share);
  set_proxy();
  set_callbacks();
}

template <class Value>
void transfer::set(CURLoption option, Value value) {
  if (const CURLcode result = curl_easy_setopt(handle_.get(), option, value); result != CURLE_OK) {
    throw std::runtime_error(fmt::format("libcurl refuses option {}: {}", static_cast<int>(option),
                                         curl_easy_strerror(result)));
  }
}

void transfer::set_protocol() {
  // HTTP/2 saves no processor time here, and a receiver that answers before it has read the body
  // breaks its streams.
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_BUFFERSIZE, receive_buffer_bytes);
  set(CURLOPT_UPLOAD_BUFFERSIZE, send_buffer_bytes);
  set(CURLOPT_NOSIGNAL, 1L);
  // A look-up inside of libcurl, should one ever happen, must not block the loop.
  set(CURLOPT_QUICK_EXIT, 1L);
}

void transfer::set_security(const transfer_settings& settings, CURLSH* share) {
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // With the directory set beside the bundle, libcurl 7.88 parses the bundle for every connection:
  // 20 ms and 900 KB each.
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  const std::string bundle = settings.ca_bundle.empty() ? system_ca_bundle() : settings.ca_bundle;
  if (!bundle.empty())
    set(CURLOPT_CAINFO, bundle.c_str());
  set(CURLOPT_SHARE, share);
}

void transfer::set_proxy() {
  // Not empty but unset, both would be taken from the environment.
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOPROXY, "");
  // What the proxy says when it makes a tunnel is nothing of the receiver's.
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!proxy_ || proxy_->user.empty())
    return;
  set(CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
  set(CURLOPT_PROXYUSERNAME, proxy_->user.c_str());
  set(CURLOPT_PROXYPASSWORD, proxy_->password.c_str());
}

void transfer::set_callbacks() {
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_ERRORBUFFER, fault_.data());
  // Both guards are needed: the first sees new connections only, the second also kept ones, but not
  // before they are made.
  set(CURLOPT_OPENSOCKETFUNCTION, &transfer::open_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_PREREQFUNCTION, &transfer::before_request);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_HEADERFUNCTION, &transfer::take_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &transfer::take_body);
  set(CURLOPT_WRITEDATA, this);
}

void transfer::begin(request_in_flight& request, request_in_flight::clock::time_point now) {
  reader_.clear();
  blocked_ = false;
  no_socket_ = false;
  sent_ = false;
  fault_.front() = '\0';
  set_time_left(std::chrono::ceil<std::chrono::milliseconds>(request.deadline - now));
  set_address(request.addresses[request.addresses_tried], request.target.port);
  set_tls(request.request.tls);
  set_method_and_url(request.request);
  set_headers(request.request);
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.request.body.size()));
  request_ = std::move(request);
  ++request_.addresses_tried;
  // libcurl reads the body where it lies, so only now is its address known. Cannot fail.
  curl_easy_setopt(handle_.get(), CURLOPT_POSTFIELDS, request_.request.body.data());
}

void transfer::set_method_and_url(const outbound_request& request) {
  set(CURLOPT_URL, request.url.c_str());
  // Also for PUT and PATCH: it is what makes libcurl send the body from memory.
  set(CURLOPT_POST, 1L);
  const std::string method(domain::to_string(request.method));
  set(CURLOPT_CUSTOMREQUEST,
      request.method == domain::http_method::post ? nullptr : method.c_str());
}

void transfer::set_headers(const outbound_request& request) {
  string_list lines;
  for (const char* line : unwanted_headers)
    append(lines, line);
  if (!has_content_type(request.headers))
    append(lines, "Content-Type:");
  for (const std::string& line : request.headers) {
    // The proxy would take a subscription's header for ours.
    if (!proxy_ || !is_same_header_name(header_name(line), "proxy-authorization"))
      append(lines, in_the_form_of_libcurl(line).c_str());
  }
  set(CURLOPT_HTTPHEADER, lines.get());
  headers_ = std::move(lines);
}

void transfer::set_pem(CURLoption option, const std::string& pem) {
  curl_blob blob{
      .data = const_cast<char*>(pem.data()), .len = pem.size(), .flags = CURL_BLOB_NOCOPY};
  set(option, pem.empty() ? nullptr : &blob);
}

void transfer::set_tls(const domain::shared_receiver_tls& tls) {
  if (tls == tls_)
    return;
  static const domain::receiver_tls nothing;
  const auto& wanted = tls ? *tls : nothing;
  set_pem(CURLOPT_CAINFO_BLOB, wanted.ca_certificates);
  set_pem(CURLOPT_SSLCERT_BLOB, wanted.client_certificate);
  set_pem(CURLOPT_SSLKEY_BLOB, wanted.client_key);
  tls_ = tls;
}

void transfer::set_address(const ip_address& address, std::uint16_t port) {
  if (proxy_) {
    set(CURLOPT_PROXY, ("http://" + endpoint(address, proxy_->port)).c_str());
    return;
  }
  // Any host and port of the URL go to the address that was checked. The Host header, the name in
  // the TLS handshake and the check of the certificate stay those of the URL.
  string_list line;
  append(line, ("::" + endpoint(address, port)).c_str());
  set(CURLOPT_CONNECT_TO, line.get());
  connect_to_ = std::move(line);
}

void transfer::set_time_left(std::chrono::milliseconds left) {
  set(CURLOPT_TIMEOUT_MS, to_positive_long(left));
  set(CURLOPT_CONNECTTIMEOUT_MS, to_positive_long(std::min(left, connect_timeout_)));
}

bool transfer::may_try_next_address(CURLcode result,
                                    request_in_flight::clock::time_point now) const {
  if (blocked_ || no_socket_ || now >= request_.deadline ||
      request_.addresses_tried >= std::min(request_.addresses.size(), addresses_tried_max))
    return false;
  curl_off_t connected_after = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_CONNECT_TIME_T, &connected_after);
  return connected_after == 0 &&
         (result == CURLE_COULDNT_CONNECT || result == CURLE_OPERATION_TIMEDOUT);
}

outbound_response transfer::response(CURLcode result) const {
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  outbound_response made;
  made.error = error_of(result, status);
  // A 1xx that no answer followed is none.
  made.status_code = status < 200 ? 0 : static_cast<std::uint16_t>(status);
  made.body = reader_.excerpt();
  made.retry_after = reader_.retry_after(
      std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()));
  if (made.error == domain::attempt_error::internal)
    spdlog::error("delivery: the request to {:?} could not be made: {}", request_.target.host,
                  no_socket_ ? "no socket" : curl_easy_strerror(result));
  long tunnel_status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_HTTP_CONNECTCODE, &tunnel_status);
  if (failed_at_proxy(result) && tunnel_status >= 300)
    spdlog::warn("delivery: the proxy refuses to connect to {:?}: status {}", request_.target.host,
                 tunnel_status);
  return made;
}

domain::attempt_error transfer::error_of(CURLcode result, long status) const {
  using domain::attempt_error;
  if (blocked_)
    return attempt_error::blocked_address;
  if (no_socket_)
    return attempt_error::internal;
  // libcurl calls it a lack of memory when one line alone is over its own limit of 100 KB.
  const bool endless_line = result == CURLE_OUT_OF_MEMORY && sent_ && !reader_.headers_complete();
  if (endless_line || reader_.headers_too_large())
    return attempt_error::response_too_large;
  // Our own cut: the rest of the body is of no interest.
  if (result == CURLE_WRITE_ERROR && reader_.body_cut())
    return attempt_error::none;
  if (failed_at_proxy(result))
    return attempt_error::connect;
  if (refused_late(result))
    return attempt_error::tls;
  if (result != CURLE_OK)
    return to_attempt_error(result);
  // libcurl takes a connection that was closed among the headers for the end of a good answer.
  if (!reader_.headers_complete())
    return attempt_error::reset;
  // 101: nobody asked for another protocol.
  return status < 200 ? attempt_error::invalid_response : attempt_error::none;
}

bool transfer::refused_late(CURLcode result) const {
  return result == CURLE_RECV_ERROR && request_.target.secure &&
         std::string_view(fault_.data()).find(" alert ") != std::string_view::npos;
}

bool transfer::failed_at_proxy(CURLcode result) const {
  return proxy_ && !sent_ && to_attempt_error(result) == domain::attempt_error::reset;
}

bool transfer::may_connect_to(const ip_address& address, std::uint16_t port) const {
  if (!proxy_)
    return addresses_.allows(address, port);
  // The operator chose the proxy, wherever it is; the policy was asked about the target.
  const auto& excepted = request_.addresses;
  return port == proxy_->port &&
         std::find(excepted.begin(), excepted.end(), address) != excepted.end();
}

request_in_flight transfer::end() {
  curl_easy_setopt(handle_.get(), CURLOPT_POSTFIELDS, nullptr);
  return std::exchange(request_, {});
}

transfer& transfer::of(CURL* handle) {
  transfer* self = nullptr;
  curl_easy_getinfo(handle, CURLINFO_PRIVATE, &self);
  return *self;
}

curl_socket_t transfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& made_for = *static_cast<transfer*>(self);
  const bool internet = address->family == AF_INET || address->family == AF_INET6;
  if (!internet || !made_for.may_connect_to(to_ip_address(address->addr), port_of(address->addr))) {
    made_for.blocked_ = true;
    return CURL_SOCKET_BAD;
  }
  const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  made_for.no_socket_ = socket < 0;
  return socket < 0 ? CURL_SOCKET_BAD : socket;
}

int transfer::before_request(void* self, char* remote, char*, int remote_port, int) {
  auto& made_for = *static_cast<transfer*>(self);
  const auto address = parse_ip_address(remote);
  if (address && made_for.may_connect_to(*address, static_cast<std::uint16_t>(remote_port))) {
    made_for.sent_ = true;
    return CURL_PREREQFUNC_OK;
  }
  made_for.blocked_ = true;
  return CURL_PREREQFUNC_ABORT;
}

std::size_t transfer::take_header(char* bytes, std::size_t size, std::size_t count, void* self) {
  const std::string_view line(bytes, size * count);
  return static_cast<transfer*>(self)->reader_.take_header_line(line) ? line.size() : 0;
}

std::size_t transfer::take_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  const std::string_view part(bytes, size * count);
  return static_cast<transfer*>(self)->reader_.take_body(part) ? part.size() : 0;
}

}  // namespace talaria::delivery
