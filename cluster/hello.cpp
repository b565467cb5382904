#include "cluster/hello.hpp"

#include "cluster/fields.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace talaria::cluster {

namespace {

/// What both sides have said, in the order in which they did.
struct conversation {
  const nonce& dialer_challenge;
  const introduction& dialer;
  const nonce& listener_challenge;
  const introduction& listener;
};

void put(field_writer& fields, const nonce& challenge, const introduction& shown) {
  fields.put_bytes(challenge);
  fields.put_text(shown.incarnation);
  fields.put_text(shown.name);
  fields.put_u16(shown.protocols.min);
  fields.put_u16(shown.protocols.max);
}

proof prove(std::string_view role, const std::string& secret, const conversation& held) {
  field_writer fields;
  fields.put_text(role);
  put(fields, held.dialer_challenge, held.dialer);
  put(fields, held.listener_challenge, held.listener);
  const auto text = std::move(fields).take();
  proof made{};
  const auto* done =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), made.data(), nullptr);
  if (done == nullptr)
    throw std::runtime_error("OpenSSL cannot make an HMAC");
  return made;
}

bool holds(const proof& given, std::string_view role, const std::string& secret,
           const conversation& held) {
  const auto expected = prove(role, secret, held);
  return CRYPTO_memcmp(given.data(), expected.data(), expected.size()) == 0;
}

session_token session_of(const std::string& secret, const conversation& held) {
  const auto made = prove("session", secret, held);
  session_token token = 0;
  for (std::size_t i = 0; i < sizeof token; ++i)
    token = token << 8U | made.at(i);
  return token;
}

/// The newest that both understand.
std::optional<std::uint16_t> common_protocol(const protocol_range& one,
                                             const protocol_range& other) {
  const auto newest = std::min(one.max, other.max);
  if (newest < std::max(one.min, other.min))
    return std::nullopt;
  return newest;
}

}  // namespace

greeting dialer_hello::greet() const {
  return {.challenge = challenge_, .from = own_, .to_incarnation = peer_incarnation_};
}

tl::expected<dialer_hello::ended, refusal> dialer_hello::take(
    const greeting_answered& answer) const {
  if (answer.from.incarnation != peer_incarnation_)
    return tl::unexpected(refusal::wrong_incarnation);
  const conversation held{challenge_, own_, answer.challenge, answer.from};
  if (!holds(answer.proven, "listener", secret_, held))
    return tl::unexpected(refusal::wrong_secret);
  const auto protocol = common_protocol(own_.protocols, answer.from.protocols);
  if (!protocol)
    return tl::unexpected(refusal::no_common_protocol);
  return ended{.agreed = {.name = answer.from.name,
                          .protocol = *protocol,
                          .session = session_of(secret_, held)},
               .proven = {.greeted = answer.challenge, .proven = prove("dialer", secret_, held)}};
}

tl::expected<listener_hello, refusal> listener_hello::begin(introduction own, std::string secret,
                                                            nonce challenge, greeting greeted) {
  if (greeted.to_incarnation != own.incarnation)
    return tl::unexpected(refusal::wrong_incarnation);
  if (!common_protocol(own.protocols, greeted.from.protocols))
    return tl::unexpected(refusal::no_common_protocol);
  return listener_hello{std::move(own), std::move(secret), challenge, std::move(greeted)};
}

greeting_answered listener_hello::answer() const {
  const conversation held{greeting_.challenge, greeting_.from, challenge_, own_};
  return {.greeted = greeting_.challenge,
          .challenge = challenge_,
          .from = own_,
          .proven = prove("listener", secret_, held)};
}

tl::expected<agreement, refusal> listener_hello::take(const greeting_proven& proven) const {
  const conversation held{greeting_.challenge, greeting_.from, challenge_, own_};
  if (!holds(proven.proven, "dialer", secret_, held))
    return tl::unexpected(refusal::wrong_secret);
  return agreement{.name = greeting_.from.name,
                   .protocol = *common_protocol(own_.protocols, greeting_.from.protocols),
                   .session = session_of(secret_, held)};
}

}  // namespace talaria::cluster
