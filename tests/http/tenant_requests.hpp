#pragma once

#include "tests/http/api_fixture.hpp"

#include <string>
#include <string_view>

namespace talaria::http::test {

inline constexpr std::string_view keys_path = "/api/v1/api-keys";

/// A key made by the API.
struct made_key {
  std::string id;
  std::string text;
};

/// The header that presents a key.
std::string bearer(const std::string& key);

/// A request with a key of its own.
reply send_with(api_fixture& api, const std::string& key, std::string_view method,
                std::string_view target, std::string_view body = {});

/// @param fields Of the key, but for its name.
made_key make_key(api_fixture& api, std::string_view fields, const std::string& by = test_key());

struct other_organization {
  std::string id;
  made_key admin;
};

other_organization add_organization(api_fixture& api, std::string_view fields = R"("name":"acme")");

/// The code of a problem, and the field at fault.
std::string fault(const reply& reply);

}  // namespace talaria::http::test
