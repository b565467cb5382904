#pragma once

#include <string>
#include <string_view>

namespace talaria::http {

struct reference_page {
  std::string html;
  /// What the page needs and no more: its own style and script, by their hashes.
  std::string content_security_policy;
};

/// The API's reference for people, made of the OpenAPI document. Complete by itself: it fetches
/// nothing, and can be read without its script.
///
/// @pre `openapi` is a document of ours: its references can be followed.
reference_page render_reference(std::string_view openapi);

}  // namespace talaria::http
