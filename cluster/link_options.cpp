#include "cluster/link_options.hpp"

#include "cluster/envelope.hpp"
#include "cluster/limits.hpp"

#include <arpa/inet.h>
#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/node_id.hpp>
#include <caf/openssl/manager.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

namespace talaria::cluster {

namespace {

using domain::ec;
using domain::fail;
using domain::result;

constexpr std::string_view listen_setting = "cluster.listen";
constexpr std::string_view advertise_setting = "cluster.advertise";
constexpr std::string_view secret_setting = "cluster.secret";
constexpr std::string_view certificate_setting = "cluster.certificate";
constexpr std::string_view key_setting = "cluster.key";
constexpr std::string_view ca_setting = "cluster.ca";

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using file_pointer = std::unique_ptr<std::FILE, freed_by<std::fclose>>;
using certificate_pointer = std::unique_ptr<X509, freed_by<X509_free>>;
using key_pointer = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using store_pointer = std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>>;
using verification_pointer = std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>>;

tl::unexpected<domain::error> wrong(std::string_view setting, std::string_view detail,
                                    ec code = ec::invalid_value) {
  // Otherwise a later call of OpenSSL on this thread would report what this one met.
  ERR_clear_error();
  return fail(code, fmt::format("{} {}", setting, detail), std::string{setting});
}

enum class reach : std::uint8_t { no_address, everywhere, loopback, other };

reach reach_of(const std::string& host) {
  in_addr four{};
  in6_addr six{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) {
    const auto address = ntohl(four.s_addr);
    if (address == INADDR_ANY)
      return reach::everywhere;
    return address >> 24U == 127 ? reach::loopback : reach::other;
  }
  if (inet_pton(AF_INET6, host.c_str(), &six) == 1) {
    if (IN6_IS_ADDR_UNSPECIFIED(&six))
      return reach::everywhere;
    return IN6_IS_ADDR_LOOPBACK(&six) ? reach::loopback : reach::other;
  }
  return reach::no_address;
}

/// OpenSSL's default asks at the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

result<certificate_pointer> read_certificate(const std::string& path, std::string_view setting) {
  const file_pointer file{std::fopen(path.c_str(), "re")};
  certificate_pointer read{file ? PEM_read_X509(file.get(), nullptr, no_password, nullptr)
                                : nullptr};
  if (!read)
    return wrong(setting, "must name a file that can be read with a certificate in PEM");
  return read;
}

result<key_pointer> read_key(const std::string& path) {
  const file_pointer file{std::fopen(path.c_str(), "re")};
  key_pointer read{file ? PEM_read_PrivateKey(file.get(), nullptr, no_password, nullptr) : nullptr};
  if (!read)
    return wrong(key_setting,
                 "must name a file that can be read with a private key in PEM, without a password");
  return read;
}

result<void> check_signed(X509& certificate, const std::string& ca_file) {
  const store_pointer store{X509_STORE_new()};
  if (X509_STORE_load_file(store.get(), ca_file.c_str()) != 1)
    return wrong(ca_setting, "must name a file that can be read with certificates in PEM");
  const verification_pointer verification{X509_STORE_CTX_new()};
  X509_STORE_CTX_init(verification.get(), store.get(), &certificate, nullptr);
  if (X509_verify_cert(verification.get()) == 1)
    return {};
  const int code = X509_STORE_CTX_get_error(verification.get());
  const bool is_of_certificate = X509_STORE_CTX_get_error_depth(verification.get()) == 0;
  const bool is_time = code == X509_V_ERR_CERT_HAS_EXPIRED || code == X509_V_ERR_CERT_NOT_YET_VALID;
  if (!is_time)
    return wrong(certificate_setting, fmt::format("is not signed by an authority in cluster.ca: {}",
                                                  X509_verify_cert_error_string(code)));
  return wrong(is_of_certificate ? certificate_setting : ca_setting,
               code == X509_V_ERR_CERT_HAS_EXPIRED ? "has expired" : "is not valid yet");
}

result<void> check_tls(const link_tls& tls) {
  for (const auto& [file, setting] :
       {std::pair{&tls.certificate_file, certificate_setting},
        std::pair{&tls.key_file, key_setting}, std::pair{&tls.ca_file, ca_setting}}) {
    if (file->empty())
      return wrong(setting,
                   "is needed with the other files: cluster.certificate, cluster.key and "
                   "cluster.ca go together",
                   ec::missing_field);
  }
  const auto certificate = read_certificate(tls.certificate_file, certificate_setting);
  if (!certificate)
    return tl::unexpected(certificate.error());
  const auto key = read_key(tls.key_file);
  if (!key)
    return tl::unexpected(key.error());
  if (X509_check_private_key(certificate->get(), key->get()) != 1)
    return wrong(key_setting, "must be the key of cluster.certificate");
  return check_signed(**certificate, tls.ca_file);
}

/// CAF tells nodes apart by their machine and process id, of which containers may have the same,
/// and counts actor systems in a process up from 0. This has it count from elsewhere.
void choose_node_number(caf::actor_system_config& config, const std::string& incarnation) {
  static std::once_flag chosen;
  std::call_once(chosen, [&] {
    const auto number = std::hash<std::string>{}(incarnation) % 256;
    for (std::size_t i = 0; i < number; ++i)
      (void)caf::node_id::default_data::local(config);
  });
}

}  // namespace

result<void> check(const link_options& options) {
  const auto listens = reach_of(options.listen_host);
  if (listens == reach::no_address)
    return wrong(listen_setting, "must be <address>:<port>, as in 127.0.0.1:9090 or [::1]:9090");
  if (listens == reach::everywhere && options.advertised_host.empty())
    return wrong(advertise_setting, "is needed when cluster.listen is every address of the machine",
                 ec::missing_field);
  if (options.name.size() > limits::name_bytes_max)
    return wrong("node.name", fmt::format("may have {} characters", limits::name_bytes_max));
  if (options.incarnation.empty() || options.incarnation.size() > limits::name_bytes_max)
    return wrong("the incarnation", fmt::format("must have 1 to {} bytes", limits::name_bytes_max));
  if (options.tls.is_given()) {
    if (auto checked = check_tls(options.tls); !checked)
      return checked;
  }
  if (listens == reach::loopback)
    return {};
  if (!options.tls.is_given())
    return wrong(certificate_setting,
                 "is needed, with cluster.key and cluster.ca, when cluster.listen is not loopback",
                 ec::missing_field);
  if (options.secret.size() < limits::secret_bytes_min)
    return wrong(secret_setting,
                 fmt::format("must have at least {} characters when cluster.listen is not loopback",
                             limits::secret_bytes_min),
                 options.secret.empty() ? ec::missing_field : ec::invalid_value);
  return {};
}

std::string advertised_host(const link_options& options) {
  return options.advertised_host.empty() ? options.listen_host : options.advertised_host;
}

void prepare(caf::actor_system_config& config, const link_options& options) {
  choose_node_number(config, options.incarnation);
  // A copy: GCC 12 warns of a string that is made in the argument.
  static const std::string name = envelope::type_name;
  config.add_message_type<envelope>(name);
  config.load<caf::io::middleman>();
  config.set("middleman.heartbeat-interval", caf::timespan{options.heartbeat});
  config.set("middleman.connection-timeout", caf::timespan{options.connection_timeout});
  // Would listen at a random port of all addresses.
  config.set("middleman.enable-automatic-connections", false);
  if (!options.tls.is_given())
    return;
  config.load<caf::openssl::manager>();
  config.set("openssl.certificate", options.tls.certificate_file);
  config.set("openssl.key", options.tls.key_file);
  config.set("openssl.cafile", options.tls.ca_file);
}

}  // namespace talaria::cluster
