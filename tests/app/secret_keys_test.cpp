#include "app/secret_keys.hpp"

#include "domain/base64.hpp"
#include "domain/secret_box.hpp"
#include "posix/temporary_directory.hpp"

#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace talaria;
using domain::ec;

namespace {

const std::string key_text = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";
const std::string key = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef";

struct fixture {
  posix::temporary_directory directory;
  std::string path = directory.path() / "talaria.key";

  void write(const std::string& text, mode_t mode = 0600) const {
    std::ofstream{path} << text;
    ::chmod(path.c_str(), mode);
  }

  domain::result<std::vector<std::string>> read(const std::string& text) const {
    write(text);
    return app::read_key_file(path);
  }
};

/// What is logged while it lives.
class log_watch {
public:
  log_watch() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "watched", std::make_shared<spdlog::sinks::ostream_sink_st>(text_)));
  }
  ~log_watch() { spdlog::set_default_logger(before_); }

  std::string text() const { return text_.str(); }

private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

}  // namespace

TEST_CASE("a made key file is for its owner alone, and is read back") {
  const fixture f;
  const auto made = app::fresh_secret_key();
  REQUIRE(app::make_key_file(f.path, made));
  struct stat status {};
  REQUIRE(::stat(f.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(app::read_key_file(f.path) == std::vector{made});
}

TEST_CASE("fresh keys have 32 bytes, and differ") {
  CHECK(app::fresh_secret_key().size() == 32);
  CHECK(app::fresh_secret_key() != app::fresh_secret_key());
}

TEST_CASE("a key file that exists is never written over") {
  const fixture f;
  f.write("precious");
  const auto made = app::make_key_file(f.path, app::fresh_secret_key());
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ec::conflict);
  std::string text;
  std::ifstream{f.path} >> text;
  CHECK(text == "precious");
}

TEST_CASE("a key file that cannot be made is an error that names it") {
  const fixture f;
  const auto path = f.path + "/nested/talaria.key";
  CHECK(app::make_key_file(path, key).error().detail.find(path) != std::string::npos);
  CHECK_FALSE(app::has_key_file(path));
}

TEST_CASE("a key file has a key in each line, the current one first") {
  const fixture f;
  const auto other = app::fresh_secret_key();
  const std::vector both{key, other};
  const auto other_text = domain::to_base64(other);
  CHECK(f.read(key_text) == std::vector{key});
  CHECK(f.read(key_text + "\n" + other_text + "\n") == both);
  CHECK(f.read("\n" + key_text + "\r\n\r\n" + other_text) == both);
}

TEST_CASE("a malformed key file is refused, and its content not repeated") {
  const fixture f;
  for (const std::string text :
       {"", "\n\n", "hunter2", "aHVudGVyMg==", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY",
        " QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=",
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZn",
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=\nhunter2"}) {
    CAPTURE(text);
    const auto read = f.read(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ec::invalid_value);
    CHECK(read.error().detail.find("hunter2") == std::string::npos);
    CHECK(read.error().detail.find("QUJD") == std::string::npos);
  }
}

TEST_CASE("a key file has up to 16 keys, and up to 4096 bytes") {
  const fixture f;
  const auto keys = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
      text += key_text + "\n";
    return text;
  };
  CHECK(f.read(keys(domain::secret_box::keys_max)));
  CHECK_FALSE(f.read(keys(domain::secret_box::keys_max + 1)));
  const std::size_t bytes_max = 4096;
  CHECK(f.read(key_text + std::string(bytes_max - key_text.size(), '\n')));
  CHECK(f.read(key_text + std::string(bytes_max - key_text.size() + 1, '\n')).error().code ==
        ec::too_large);
}

TEST_CASE("what is no readable file is an error that names it") {
  const fixture f;
  CHECK(app::read_key_file(f.path).error().detail.find(f.path) != std::string::npos);
  CHECK_FALSE(app::read_key_file(f.directory.path()));
}

TEST_CASE("a key file that others may read is used, with a warning") {
  const fixture f;
  for (const mode_t mode : {0640, 0604, 0660}) {
    f.write(key_text, mode);
    const log_watch watch;
    CHECK(app::read_key_file(f.path));
    CHECK(watch.text().find(f.path) != std::string::npos);
  }
  f.write(key_text, 0400);
  const log_watch watch;
  CHECK(app::read_key_file(f.path));
  CHECK(watch.text().empty());
}

TEST_CASE("a link that leads nowhere counts as a key file: it may be mounted later") {
  const fixture f;
  CHECK_FALSE(app::has_key_file(f.path));
  std::filesystem::create_symlink(f.path + ".away", f.path);
  CHECK(app::has_key_file(f.path));
}
