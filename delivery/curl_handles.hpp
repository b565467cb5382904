#pragma once

#include <curl/curl.h>

#include <memory>

namespace talaria::delivery {

template <auto Release>
struct released_by {
  template <class Handle>
  void operator()(Handle* handle) const {
    Release(handle);
  }
};

// An easy handle must go before the share that it uses, and leave its multi handle before it goes.
using easy_handle = std::unique_ptr<CURL, released_by<curl_easy_cleanup>>;
using multi_handle = std::unique_ptr<CURLM, released_by<curl_multi_cleanup>>;
using share_handle = std::unique_ptr<CURLSH, released_by<curl_share_cleanup>>;
using string_list = std::unique_ptr<curl_slist, released_by<curl_slist_free_all>>;

}  // namespace talaria::delivery
