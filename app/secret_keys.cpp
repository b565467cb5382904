#include "app/secret_keys.hpp"

#include "delivery/file_descriptor.hpp"
#include "domain/base64.hpp"
#include "domain/secret_box.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace talaria::app {

namespace {

using domain::ec;
using domain::fail;
using domain::result;
using domain::secret_box;

/// Room for all keys and some air between them.
constexpr std::size_t key_file_bytes_max = 4096;

tl::unexpected<domain::error> cannot(std::string_view what, const std::string& path) {
  return fail(ec::store_unavailable,
              fmt::format("{} cannot be {}: {}", path, what, std::strerror(errno)));
}

void warn_of_readers(const std::string& path) {
  struct stat status {};
  constexpr mode_t others = S_IRWXG | S_IRWXO;
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & others) != 0)
    spdlog::warn("{} may be read by others than its owner: chmod 600", path);
}

result<std::string> read_file(const std::string& path) {
  std::ifstream file{path};
  if (!file)
    return cannot("read", path);
  std::string text(key_file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad())
    return cannot("read", path);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > key_file_bytes_max)
    return fail(ec::too_large,
                fmt::format("a file of keys has at most {} bytes", key_file_bytes_max));
  return text;
}

/// A name is on disk when its directory is.
result<void> sync_directory_of(const std::string& path) {
  const auto parent = std::filesystem::path{path}.parent_path();
  const auto directory = parent.empty() ? std::filesystem::path{"."} : parent;
  const delivery::file_descriptor opened{::open(directory.c_str(), O_RDONLY | O_CLOEXEC)};
  if (opened.get() < 0 || ::fsync(opened.get()) != 0)
    return cannot("forced to disk", path);
  return {};
}

}  // namespace

void draw_random_bytes(std::span<unsigned char> into) {
  static const bool started = sodium_init() >= 0;
  if (!started)
    throw std::runtime_error("libsodium cannot be initialised");
  randombytes_buf(into.data(), into.size());
}

std::string fresh_secret_key() {
  std::string key(secret_box::key_bytes, '\0');
  draw_random_bytes({reinterpret_cast<unsigned char*>(key.data()), key.size()});
  return key;
}

result<std::vector<std::string>> parse_secret_keys(const std::vector<std::string>& texts) {
  if (texts.empty() || texts.size() > secret_box::keys_max)
    return fail(ec::invalid_value, fmt::format("must be 1 to {} keys", secret_box::keys_max));
  std::vector<std::string> keys;
  for (const auto& text : texts) {
    const auto key = domain::from_base64(text);
    if (!key || key->size() != secret_box::key_bytes)
      return fail(ec::invalid_value,
                  fmt::format("must be keys of {} bytes in base64, as `talaria secrets "
                              "generate-key` prints them: number {} is none",
                              secret_box::key_bytes, keys.size() + 1));
    keys.push_back(*key);
  }
  return keys;
}

bool has_key_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

result<std::vector<std::string>> read_key_file(const std::string& path) {
  auto text = read_file(path);
  if (!text)
    return tl::unexpected(text.error());
  warn_of_readers(path);
  std::istringstream file{*std::move(text)};
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r'))
      line.pop_back();
    if (!line.empty())
      lines.push_back(line);
  }
  return parse_secret_keys(lines);
}

result<void> make_key_file(const std::string& path, std::string_view key) {
  const delivery::file_descriptor file{
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR)};
  if (file.get() < 0 && errno == EEXIST)
    return fail(ec::conflict, fmt::format("{} was made meanwhile", path));
  if (file.get() < 0)
    return cannot("made", path);
  const auto line = domain::to_base64(key) + '\n';
  const auto written = ::write(file.get(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size()) || ::fsync(file.get()) != 0) {
    auto failed = cannot("written", path);
    ::unlink(path.c_str());
    return failed;
  }
  return sync_directory_of(path);
}

}  // namespace talaria::app
