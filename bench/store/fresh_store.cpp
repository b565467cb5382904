#include "bench/store/fresh_store.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>

namespace talaria::bench {

fresh_store::fresh_store(const std::string& server_url, const std::filesystem::path& directory)
    : url_{"sqlite:" + (directory / "talaria.db").string()} {
  if (server_url.empty())
    return;
  server_.emplace(server_url);
  url_ = server_->make_database();
}

fresh_store::~fresh_store() {
  if (!server_)
    return;
  try {
    server_->drop_database(url_);
  } catch (const std::runtime_error& failure) {
    fmt::print(stderr, "{} is left behind: {}\n", database_of(url_), failure.what());
  }
}

std::chrono::nanoseconds fresh_store::server_cpu_time() const {
  return server_ ? server_->cpu_time() : std::chrono::nanoseconds{0};
}

}  // namespace talaria::bench
