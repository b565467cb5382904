#include "chaos/http_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <memory>

namespace talaria::chaos {

namespace {

using easy_handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using header_list = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

std::size_t append_to(char* bytes, std::size_t, std::size_t count, void* text) {
  static_cast<std::string*>(text)->append(bytes, count);
  return count;
}

/// Not for processes that are started meanwhile: they would keep it open.
curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

header_list headers_of(const http_request& request) {
  curl_slist* lines = curl_slist_append(nullptr, "Content-Type: application/json");
  lines = curl_slist_append(lines, fmt::format("Authorization: Bearer {}", request.key).c_str());
  for (const auto& [name, value] : request.headers)
    lines = curl_slist_append(lines, fmt::format("{}: {}", name, value).c_str());
  return {lines, &curl_slist_free_all};
}

}  // namespace

http_answer send(const http_request& request) {
  static thread_local const easy_handle easy{curl_easy_init(), &curl_easy_cleanup};
  curl_easy_reset(easy.get());
  const auto headers = headers_of(request);
  http_answer answer;
  curl_easy_setopt(easy.get(), CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_FRESH_CONNECT, request.once ? 1L : 0L);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, long{request.timeout.count()});
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &append_to);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(easy.get(), CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  if (!request.body.empty()) {
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
  }
  // An answer that broke off is none: its status alone says too little.
  if (curl_easy_perform(easy.get()) == CURLE_OK)
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

}  // namespace talaria::chaos
