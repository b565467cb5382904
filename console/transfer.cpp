#include "console/transfer.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "console/text.hpp"
#include <stdexcept>

namespace talaria::console {

namespace {

using domain::ec;
using domain::fail;

ec code_of(long status) {
  switch (status) {
    case 401:
      return ec::unauthorized;
    case 403:
      return ec::forbidden;
    case 404:
      return ec::not_found;
    case 409:
      return ec::conflict;
    case 400:
    case 422:
      return ec::invalid_value;
    case 429:
      return ec::rate_limited;
    default:
      return ec::store_unavailable;
  }
}

/// A problem document's own words, if the answer is one.
std::string detail_of(std::string_view body) {
  boost::system::error_code error;
  const auto parsed = boost::json::parse(body, error);
  const auto* problem = error ? nullptr : parsed.if_object();
  const auto* detail = problem == nullptr ? nullptr : problem->if_contains("detail");
  return detail != nullptr && detail->is_string() ? printable(detail->get_string()) : std::string{};
}

}  // namespace

void start_libcurl() {
  // Thread-safe, as the initialisation of every static variable of a function.
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK)
    throw std::runtime_error("libcurl cannot be initialised");
}

transfer::transfer(const server& asked, const request& wanted) : url_(asked.url) {
  prepare(asked, wanted);
  curl_easy_setopt(handle(), CURLOPT_TIMEOUT, static_cast<long>(answer_timeout.count()));
}

transfer::transfer(const server& asked, const request& wanted, body_listener listener)
    : listener_(std::move(listener)), url_(asked.url) {
  prepare(asked, wanted);
  curl_easy_setopt(handle(), CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle(), CURLOPT_LOW_SPEED_TIME, static_cast<long>(silence_max.count()));
}

void transfer::prepare(const server& asked, const request& wanted) {
  start_libcurl();
  handle_.reset(curl_easy_init());
  if (!handle_)
    throw std::bad_alloc{};
  const auto authorization = "Authorization: Bearer " + asked.api_key;
  headers_.reset(curl_slist_append(nullptr, authorization.c_str()));
  const auto base =
      asked.url.ends_with('/') ? asked.url.substr(0, asked.url.size() - 1) : asked.url;
  curl_easy_setopt(handle(), CURLOPT_URL, (base + wanted.target).c_str());
  curl_easy_setopt(handle(), CURLOPT_PROTOCOLS_STR, "http,https");
  // Not through a proxy of the environment's: the key is that of an administrator.
  curl_easy_setopt(handle(), CURLOPT_PROXY, "");
  curl_easy_setopt(handle(), CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(handle(), CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(handle(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle(), CURLOPT_CONNECTTIMEOUT, static_cast<long>(connect_timeout.count()));
  curl_easy_setopt(handle(), CURLOPT_ERRORBUFFER, complaint_.data());
  curl_easy_setopt(handle(), CURLOPT_WRITEFUNCTION, &transfer::on_bytes);
  curl_easy_setopt(handle(), CURLOPT_WRITEDATA, this);
  if (wanted.method != "GET") {
    curl_easy_setopt(handle(), CURLOPT_POSTFIELDS, "");
    curl_easy_setopt(handle(), CURLOPT_CUSTOMREQUEST, wanted.method.c_str());
  }
}

std::size_t transfer::on_bytes(char* bytes, std::size_t size, std::size_t count, void* self) {
  return static_cast<transfer*>(self)->take({bytes, size * count});
}

std::size_t transfer::take(std::string_view bytes) {
  if (listener_ && status() == 200) {
    listener_(bytes);
    return bytes.size();
  }
  if (body_.size() + bytes.size() > body_bytes_max)
    return 0;
  body_ += bytes;
  return bytes.size();
}

long transfer::status() const {
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

domain::result<std::string> transfer::finish(CURLcode ended) {
  if (ended != CURLE_OK) {
    const std::string_view complaint{complaint_.data()};
    return fail(ec::store_unavailable,
                fmt::format("{}: {}", url_,
                            printable(complaint.empty() ? curl_easy_strerror(ended) : complaint)));
  }
  if (status() >= 200 && status() < 300)
    return std::move(body_);
  const auto detail = detail_of(body_);
  return fail(
      code_of(status()),
      fmt::format("{} (HTTP {})", detail.empty() ? "The server refuses." : detail, status()));
}

domain::result<std::string> call(const server& asked, const request& wanted) {
  transfer once{asked, wanted};
  return once.finish(curl_easy_perform(once.handle()));
}

}  // namespace talaria::console
