#pragma once

#include "domain/error.hpp"
#include "domain/time.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <string>

namespace talaria::domain {

/// What a subscription says about TLS with its receiver. All texts are PEM, each empty if it is
/// not given.
struct receiver_tls {
  /// The authorities that the receiver's certificate is checked against, in place of all others.
  std::string ca_certificates;
  /// Shown to the receiver: Talaria's own certificate first, then what leads to its authority.
  std::string client_certificate;
  /// Of `client_certificate`, without a passphrase. Secret: shown to nobody, stored sealed.
  std::string client_key;
  /// When the first of `client_certificate` ends.
  timestamp client_certificate_expires_at;
};

/// Shared by the subscription and its requests, as it may be large. Null: nothing is said.
using shared_receiver_tls = std::shared_ptr<const receiver_tls>;

/// Reads the member `tls`; an empty object says nothing. Certificate and key must belong together,
/// and neither may be there alone.
///
/// @returns the first fault, with its field, such as `/tls/client_key`.
result<shared_receiver_tls> read_receiver_tls(const boost::json::value& value);

/// The fields as clients see them: without the key.
boost::json::object to_json(const receiver_tls& tls);

}  // namespace talaria::domain
