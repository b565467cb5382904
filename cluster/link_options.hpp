#pragma once

#include "cluster/credit_window.hpp"
#include "domain/error.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace talaria::cluster {

/// Files in PEM, of a certificate authority for this cluster alone: CAF looks at no name in a
/// certificate, so whoever has one of that authority is taken for a node.
struct link_tls {
  std::string certificate_file;
  std::string key_file;
  std::string ca_file;

  bool is_given() const {
    return !certificate_file.empty() || !key_file.empty() || !ca_file.empty();
  }
};

struct link_options {
  /// Of this node.
  std::string name;
  /// Of this process: never used again.
  std::string incarnation;
  /// A number; others than loopback demand TLS and a secret. Where there are to be no links, empty.
  std::string listen_host;
  /// 0: any that is free below 32768, as CAF does not always get those above.
  std::uint16_t listen_port = 0;
  /// Where others reach it; empty: the address it listens at.
  std::string advertised_host;
  /// 0: the port it listens at.
  std::uint16_t advertised_port = 0;
  /// What the nodes of a cluster, and nobody else, know.
  std::string secret;
  link_tls tls;

  /// The same on every node, as one that sends none is taken for dead by those that wait for them.
  std::chrono::milliseconds heartbeat{1'000};
  /// After so long without a word a peer is taken for dead.
  std::chrono::milliseconds connection_timeout{4'000};
  credit_window::bounds credit{};
};

/// Whether links may be made with these.
///
/// @returns `ec::invalid_value` or `ec::missing_field`, with the setting at fault as `field` and in
/// the text: the files are read, the key must be the certificate's, and the certificate be signed
/// by that authority and be valid today.
domain::result<void> check(const link_options& options);

/// Where the node is reached, without the port.
std::string advertised_host(const link_options& options);

/// Has an actor system load what links need. Nothing of it listens, or connects, by itself.
/// @pre the options were checked: CAF hangs, or takes anybody, with files that are no good.
void prepare(caf::actor_system_config& config, const link_options& options);

}  // namespace talaria::cluster
