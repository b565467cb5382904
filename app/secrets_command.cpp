#include "app/secrets_command.hpp"

#include "app/sealed_store.hpp"
#include "app/secret_keys.hpp"
#include "domain/base64.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace talaria::app {

int run_generate_key(std::ostream& out) {
  out << domain::to_base64(fresh_secret_key()) << '\n' << std::flush;
  return EXIT_SUCCESS;
}

int run_reencrypt(const configuration& settings, std::ostream& out, std::ostream& complaints) {
  const auto done = reencrypt_secrets(settings);
  if (!done) {
    complaints << fmt::format("talaria: {}\n", done.error().detail);
    return EXIT_FAILURE;
  }
  out << fmt::format(
             "sealed the secrets of {} subscriptions with the key {}; it had sealed those of "
             "{} before\n",
             done->resealed, done->key_id, done->kept)
      << std::flush;
  if (done->left == 0)
    return EXIT_SUCCESS;
  complaints << fmt::format(
      "talaria: those of {} subscriptions were changed meanwhile, and sealed "
      "with another key: run it again\n",
      done->left);
  return EXIT_FAILURE;
}

}  // namespace talaria::app
